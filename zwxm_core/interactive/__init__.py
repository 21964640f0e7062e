"""What people work with in a notebook: explorers and lessons."""
