"""A model's way: trained, recorded, scored with, promoted, trained again."""
