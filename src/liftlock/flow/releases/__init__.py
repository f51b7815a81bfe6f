"""What is known of releases, and what a release says when it is asked."""
