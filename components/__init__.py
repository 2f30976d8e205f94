"""Everything that runs inside the assistant's server."""

from components import rasa_yaml

# Here, because every way to start Rasa imports one of our components before it reads a model.
rasa_yaml.mend()
