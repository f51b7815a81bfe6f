"""Judges what a rehearsal on copies has shown: can old code live on the new schema? Pure: values in, verdicts out."""
