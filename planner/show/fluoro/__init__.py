"""Virtual fluoroscopy: a C-arm placed about a case, X-rays through CT and instruments, pictures, film and dose."""
