"""CT, label maps, meshes and lesions become labelled structures in one frame, and what is missing is said."""
