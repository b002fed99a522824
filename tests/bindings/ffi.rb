# pcil_ffi.h as the parser of Ruby's own Fiddle reads it, declaration by declaration; every function is found in the library.
# usage: ruby ffi.rb HEADER LIBRARY
require "fiddle/import"

lines = File.readlines(ARGV[0], chomp: true).grep_v(%r{\A/\*})
typedefs, functions = lines.partition { |line| line.start_with?("typedef") }

PCIL = Module.new do
  extend Fiddle::Importer
  dlload ARGV[1]
  typedefs.grep(/\Atypedef enum (\w+)/) { typealias Regexp.last_match(1), "int" }
  typedefs.grep(/\(\*(\w+)\)/) { typealias Regexp.last_match(1), "void *" }
  functions.each { |line| extern line } # raises for what does not parse and for a name that is not there
end

network = Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
raise "not parsed" unless PCIL.pcil_network_parse(network, "4; dense 3; softmax").zero?
raise "other parameters" unless PCIL.pcil_network_parameters(network.ptr) == 15
PCIL.pcil_network_free(network.ptr)
puts "Fiddle: #{functions.size} functions"
exit functions.size > 100
