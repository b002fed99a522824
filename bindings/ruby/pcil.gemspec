require "fileutils"

# In the source tree the description stands with all bindings; the gem has its own copy.
shared = File.join(__dir__, "../api.json")
FileUtils.cp(shared, File.join(__dir__, "lib/api.json")) if File.exist?(shared)

Gem::Specification.new do |gem|
  gem.name = "pcil"
  gem.version = "0.1.0"
  gem.summary = "Predictive coding networks trained by inference learning: libpcil for Ruby"
  gem.authors = ["The libpcil authors"]
  gem.license = "MIT"
  gem.files = ["lib/pcil.rb", "lib/api.json"]
  gem.required_ruby_version = ">= 3.0"
  gem.add_dependency "ffi", "~> 1.15"
end
