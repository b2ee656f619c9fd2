"""What definitions, states, trees and transformations become."""
