"""Small programs that run on the lab's hosts; they may use nothing but the host's own Python."""
