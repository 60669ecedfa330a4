"""The compiled loop of virtual fluoroscopy."""
