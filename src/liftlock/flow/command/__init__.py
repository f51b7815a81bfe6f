"""What people decide about a plan or a run, and the guards that may decide for them."""
