"""Published statistics: figures of the authorities in `data/statistics`, read, checked and drawn. Imports no Rasa."""
