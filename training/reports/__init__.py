"""What a training says to people: facts, pictures, the model card."""
