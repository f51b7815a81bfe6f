"""What released files tell about a hop, one question a file."""
