"""What liftlock can do to a cloud: each file a subject, each class one step with done, execute and revert."""
