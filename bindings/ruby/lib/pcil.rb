# libpcil for Ruby: classes and functions made of the description of the interface (api.json), none by hand, so none can be missing.
# Names are C's without "pcil_": pcil_network_parse is Pcil::Network.parse, pcil_train_step_labels is inference.train_step_labels.
# Arguments that may be left out are keywords: batch: n, loss: true. Several results come as an array, in C's order. Arrays go in as Ruby
# arrays (copied) or as FFI::MemoryPointer (in place), and come back as arrays. A failure is raised as Pcil::Error.
require "ffi"
require "json"

module Pcil
  # In the gem the description stands beside this file; in the source tree, with all bindings.
  API = JSON.parse(File.read([File.join(__dir__, "api.json"), File.join(__dir__, "../../api.json")].find { |path| File.exist?(path) }))
  SIZES = { "int32_t" => 4, "int64_t" => 8, "uint64_t" => 8, "uint8_t" => 1, "float" => 4, "double" => 8 }.freeze
  TYPES = { "int32_t" => :int32, "int64_t" => :int64, "uint64_t" => :uint64, "uint8_t" => :uint8, "float" => :float, "double" => :double }.freeze
  RANGES = SIZES.reject { |type, _| %w[float double].include?(type) }.to_h do |type, size|
    [type, type.start_with?("u") ? 0...1 << size * 8 : -(1 << size * 8 - 1)...1 << size * 8 - 1]
  end.freeze
  OURS = ["result", "text result", "buffer", "capacity", "length", "user", "new handle"].freeze

  # A call that failed: status tells the kind, the message what was wrong and what to do.
  class Error < StandardError
    attr_reader :status

    def initialize(status)
      @status = status
      super(C.pcil_last_error.force_encoding("UTF-8"))
    end

    def code
      API["enumerations"]["pcil_status"].key(@status)
    end
  end

  # The functions as C has them.
  module C
    extend FFI::Library
    ffi_lib ENV.fetch("PCIL_LIBRARY", "libpcil.so.0")

    def self.plain(entry)
      return TYPES.fetch(entry["type"], :int) if %w[number status].include?(entry["role"])

      { "text" => :string, "capacity" => :int64, "nothing" => :void }.fetch(entry["role"], :pointer)
    end

    API["callbacks"].each { |name, entry| callback(name.to_sym, entry["parameters"].map { |one| plain(one) }, :int32) }
    API["functions"].each do |name, entry|
      types = entry["parameters"].map { |one| one["role"] == "callback" ? one["type"].to_sym : plain(one) }
      attach_function name, types, plain(entry["result"]), blocking: false
    end
  end

  wanted = API["enumerations"]["pcil_header"]["PCIL_HEADER_VERSION"]
  found = C.pcil_version_number
  if found < wanted || found / 1_000_000 != wanted / 1_000_000
    raise LoadError, "libpcil is version #{found}, too old or another major version for this package, which wants #{wanted}"
  end

  # Raises what a callback of this thread raised, which C cannot carry, or the failure of a call.
  def self.check(status)
    raised = Thread.current[:pcil_raised]
    Thread.current[:pcil_raised] = nil
    raise raised if raised
    raise Error, status if status.negative?
  end

  # Frees an object of the library once neither its handle nor anything that was made of it is left. It counts these itself, since
  # Ruby finalises what is left at the end of the program in an order of its own. It holds no handle, so that none is kept by its parts.
  class Keeper
    attr_reader :name, :users

    def initialize(name, pointer, release)
      @name, @pointers, @release = name, [pointer], release
      @users, @used, @arrays = { self => 1 }, {}, [] # itself: the handle
    end

    def used_by
      @users.keys.reject { |user| user.equal?(self) }.map(&:name)
    end

    # Not of the handle's: it would be held by its own finalizer.
    def finalizer
      proc { drop(self) }
    end

    def hold(name, value)
      use(name, value.keeper) if value.is_a?(Handle)
      @arrays << value if value.is_a?(FFI::Pointer)
    end

    # Keeps what C uses from now on, or nothing, in place of what was given by that name before.
    def use(name, other)
      before = @used[name]
      other&.join(self)
      @used[name] = other
      before&.drop(self)
    end

    def join(user)
      @users[user] = @users.fetch(user, 0) + 1
    end

    # One user less; the last one's end frees the object, once, and after it what only the object used: a loop, as that may be a long chain.
    def drop(user)
      ends = [[self, user]]
      until ends.empty?
        keeper, user = ends.pop
        keeper.leave(user).each { |other| ends << [other, keeper] }
      end
    end

    # One user less; what the object used, if it is freed by that.
    def leave(user)
      @users[user] > 1 ? @users[user] -= 1 : @users.delete(user)
      pointer = @users.empty? ? @pointers.pop : nil
      return [] if pointer.nil?

      C.public_send(@release, pointer)
      @used.values.compact
    end
  end

  # The user that each call is while it is at work.
  AT_WORK = Struct.new(:name).new("a call at work")

  # An object of the library, freed with the last reference to it or by free.
  class Handle
    attr_reader :made, :owner, :keeper, :callbacks

    def initialize(pointer, made = {}, owner = nil)
      @pointer, @made, @owner = pointer, made, owner
      @callbacks = owner ? owner.callbacks : {} # the owner's: C calls them when handles of its parts are long gone
      @keeper = owner ? owner.keeper : Keeper.new(self.class.name, pointer, self.class::RELEASE)
      made.each { |name, value| @keeper.hold(name, value) }
      ObjectSpace.define_finalizer(self, @keeper.finalizer) unless owner
    end

    def initialize_copy(_)
      ObjectSpace.undefine_finalizer(self) # dup has copied it already
      raise TypeError, "a #{self.class.name} cannot be copied: it stands for an object of C"
    end

    def parents
      [*@made.values, @owner].grep(Handle)
    end

    def keep(type, callback)
      @callbacks[[@pointer.address, type]] = callback
    end

    # Holds what a call has made this object use from now on, in place of what an earlier call gave by that name.
    def use(name, other)
      @made[name] = other
      @keeper.use(name, other&.keeper)
    end

    def freed?
      @pointer.nil? || (@owner && @owner.freed?)
    end

    def pointer
      raise ArgumentError, "this #{self.class.name} has been freed" if freed?

      @pointer
    end

    def free
      return if @pointer.nil?

      users = @owner ? [] : @keeper.used_by
      raise ArgumentError, "this #{self.class.name} is in use by: #{users.join(', ')}, which must end first" if users.any?

      @pointer = nil
      ObjectSpace.undefine_finalizer(self)
      @keeper.drop(@keeper) unless @owner
    end

    # The nearest object of a class among this one, what it was made of, and what it was borrowed from.
    def find(kind)
      return self if self.class::KIND == kind

      parents.each do |parent|
        found = parent.find(kind) || (parent.respond_to?(kind) ? parent.public_send(kind) : nil)
        return found if found
      end
      nil
    end

    def inspect
      "#<#{self.class.name}#{' (freed)' if freed?}>"
    end
  end

  def self.class_of(type)
    const_get(type.delete_prefix("pcil_").capitalize)
  end

  # The number that a word of the description's shapes stands for, in one call.
  def self.size(object, word, values)
    name, more = word.split(" + ")
    return size(object, name, values) + more.to_i if more
    return name.to_i if name.match?(/\A\d+\z/)
    return values[name] if values[name].is_a?(Integer)

    case name
    when /\Anode_size\((.*)\)\z/
      network = object.find("network")
      node = Regexp.last_match(1) == "node" ? values["node"] : Regexp.last_match(1).to_i
      network.node_size(node.negative? ? network.nodes + node : node)
    when "tensor_size"
      rank, shape = object.find("network").tensor_shape(values["name"] || values["tensor"])
      shape.first(rank).reduce(:*)
    when "nodes", "blocks", "parameters" then object.find("network").public_send(name)
    when "channels", "height", "width" then object.find("dataset").shape[%w[channels height width].index(name)]
    when "target_size" then object.find("dataset").target_size
    when "batch" then object.made.fetch("batch") { object.batch }
    else raise ArgumentError, "#{name} must be given: no array that was given tells it"
    end
  end

  # One call of a function of the library.
  class Call
    def self.optional?(parameter)
      parameter["counts"] || parameter["out"] || parameter["on_request"] || (parameter["nullable"] && parameter["role"] != "callback")
    end

    def self.visible(entry)
      entry["parameters"].drop(entry["kind"] == "method" ? 1 : 0).select { |one| one["on_request"] || !OURS.include?(one["role"]) }
    end

    def initialize(entry, object, given, named)
      @entry, @object, @results, @reserved = entry, object, [], []
      @visible = Call.visible(entry)
      @arrays = @visible.select { |one| one["role"] == "array" }
      @values = gather(given, named)
    end

    def gather(given, named)
      optional, required = @visible.partition { |one| Call.optional?(one) }
      names = required.map { |one| one["name"] }
      raise ArgumentError, "#{@entry['method']}: #{given.size} arguments; expected: #{names.join(', ')}" if given.size != names.size

      unknown = named.keys.map(&:to_s) - optional.map { |one| one["name"] }
      raise ArgumentError, "#{@entry['method']}: unknown: #{unknown.join(', ')}" if unknown.any?

      names.zip(given).to_h.merge(named.transform_keys(&:to_s))
    end

    # From before the pointers of what it uses are looked at, no callback and no thread can free them.
    def run
      keepers = [@object, *@values.values].grep(Handle).map(&:keeper)
      keepers.each { |keeper| keeper.join(AT_WORK) }
      result
    ensure
      keepers.each { |keeper| keeper.drop(AT_WORK) }
    end

    private

    def result
      fill
      arguments = @entry["parameters"].each_with_index.map do |parameter, index|
        index.zero? && @entry["kind"] == "method" ? @object.pointer : argument(parameter)
      end
      ask_text(arguments)
      returned = C.public_send(@entry["name"], *arguments)
      return other(returned) unless @entry["result"]["role"] == "status"

      Pcil.check(returned)
      @entry["parameters"].each { |one| @object.use(one["name"], @values[one["name"]]) if one["kept"] }
      results = @results.map(&:call)
      results.size < 2 ? results.first : results
    end

    def each_of(parameter, from)
      parameter["shape"].drop(from).map { |word| Pcil.size(@object, word, @values) }.reduce(1, :*)
    end

    def length(parameter, value)
      parameter["type"] == "text" ? value.size / FFI::Pointer.size : value.size / SIZES[parameter["type"]]
    end

    # Checks the arrays given, takes the counts from them, and reserves those that are to be returned.
    def fill
      @arrays.each { |one| @values[one["name"]] = array(one, @values[one["name"]]) }
      exact = count_up
      @arrays.each { |one| reserve(one) }
      count_up
      @arrays.each { |one| check_size(one, exact.include?(one["shape"].first)) }
    end

    def array(parameter, value)
      return value if value.is_a?(FFI::MemoryPointer) || value.nil? || true.equal?(value)
      return nil if false.equal?(value)
      raise TypeError, "#{parameter['name']}: is written, and so must be an FFI::MemoryPointer" if parameter["out"]
      return texts(value) if parameter["type"] == "text"

      held = RANGES[parameter["type"]]
      value.each { |one| number(parameter, one) unless one.is_a?(Integer) && held.cover?(one) } if held
      FFI::MemoryPointer.new(TYPES[parameter["type"]], [value.size, 1].max).public_send("write_array_of_#{TYPES[parameter['type']]}", value)
    end

    def texts(values)
      @kept = values.map { |value| FFI::MemoryPointer.from_string(text(value)) }
      FFI::MemoryPointer.new(:pointer, values.size).write_array_of_pointer(@kept)
    end

    def count_up
      @visible.select { |one| one["counts"] && @values[one["name"]].nil? }.filter_map do |parameter|
        count = count_of(parameter) or next
        @values[parameter["name"]] = count
        parameter["name"]
      end
    end

    def count_of(parameter)
      return Pcil.size(@object, parameter["is"], @values) if parameter["is"]

      of = @arrays.find { |one| one["shape"].first == parameter["name"] && @values[one["name"]].is_a?(FFI::Pointer) } or return
      length(of, @values[of["name"]]) / [each_of(of, 1), 1].max
    end

    def reserve(parameter)
      value = @values[parameter["name"]]
      return unless parameter["out"] && (true.equal?(value) || (value.nil? && !parameter["on_request"]))

      words = parameter["reserve"] || parameter["shape"]
      count = words.map { |word| Pcil.size(@object, word, @values) }.reduce(1, :*)
      @values[parameter["name"]] = FFI::MemoryPointer.new(TYPES[parameter["type"]], count)
      @reserved << parameter["name"]
    end

    def check_size(parameter, exact)
      value = @values[parameter["name"]]
      return if value.nil?

      all, found = each_of(parameter, 0), length(parameter, value)
      return unless found < all || (exact && found != all)

      raise ArgumentError, "#{@entry['name']}: #{parameter['name']} holds #{found} numbers; [#{parameter['shape'].join('][')}] = #{all} are expected"
    end

    # The argument for C of one parameter; what is to be returned is added to the results.
    def argument(parameter)
      name, role, value = parameter["name"], parameter["role"], @values[parameter["name"]]
      case role
      when "result" then parameter["on_request"] && !value ? nil : place(parameter)
      when "text result", "new handle" then place_of_pointer(parameter)
      when "number" then number(parameter, value)
      when "handle" then value.nil? ? nil : handle(parameter, value)
      when "callback" then callback(parameter["type"], value)
      when "text" then value.nil? ? nil : text(value)
      when "array" then value.nil? ? nil : array_argument(parameter, value, @reserved.include?(name))
      else role == "capacity" ? 0 : nil
      end
    end

    def place(parameter)
      memory = FFI::MemoryPointer.new(TYPES[parameter["type"]])
      @results << -> { memory.public_send("read_#{TYPES[parameter['type']]}") }
      memory
    end

    def place_of_pointer(parameter)
      memory = FFI::MemoryPointer.new(:pointer)
      @results << lambda do
        pointer = memory.read_pointer
        next Pcil.class_of(parameter["type"]).new(pointer, @values.merge("parent" => @object)) if parameter["role"] == "new handle"

        pointer.null? ? nil : pointer.read_string.force_encoding("UTF-8")
      end
      memory
    end

    def number(parameter, value)
      return Float(value) if %w[double float].include?(parameter["type"])
      raise TypeError, "#{parameter['name']}: #{value.inspect} is no whole number" unless value.is_a?(Integer)

      range = RANGES.fetch(parameter["type"], RANGES["int32_t"])
      raise RangeError, "#{parameter['name']}: #{value} is not between #{range.min} and #{range.max}" unless range.cover?(value)

      value
    end

    # A text as C's, which a NUL would end.
    def text(value)
      raise ArgumentError, "#{value.inspect} holds a NUL" if value.to_s.include?("\0")

      value.to_s
    end

    def handle(parameter, value)
      raise TypeError, "#{parameter['name']}: must be a #{Pcil.class_of(parameter['type'])}" unless value.is_a?(Pcil.class_of(parameter["type"]))

      value.pointer
    end

    def array_argument(parameter, value, reserved)
      @results << -> { value.public_send("read_array_of_#{TYPES[parameter['type']]}", length(parameter, value)) } if reserved
      value
    end

    # A C function that calls one of Ruby's; it lives as long as the object, or until another takes its place.
    def callback(type, run)
      return @object.keep(type, nil) if run.nil?

      entries, object = API["callbacks"][type]["parameters"], @object
      called = proc do |*plain|
        values = entries.map { |one| one["name"] }.zip(plain).to_h
        told = entries.reject { |one| one["role"] == "user" || one["counts"] }
        Call.guarded { run.call(*told.map { |one| Call.told(one, values, object) }) }
      end
      kept = FFI::Function.new(:int32, entries.map { |one| C.plain(one) }, called)
      object.keep(type, kept)
    end

    # The answer of a callback for C. What it raises waits for the end of the call that it is called from, as C can carry none of it.
    def self.guarded
      ended = Thread.current[:pcil_raised] # of a warning C does not look at the answer
      return 1 if ended

      answer = yield
      ended = true
      answer.is_a?(Integer) && answer != 0 ? 1 : 0
    rescue Exception => error # any
      ended = Thread.current[:pcil_raised] = error
      1
    ensure
      unless ended # by throw or Thread#kill, which must not leap over C
        Thread.current[:pcil_raised] = LocalJumpError.new("a callback was left by throw, or with its thread")
        return 1
      end
    end

    def self.told(entry, values, object)
      value = values[entry["name"]]
      return object if entry["role"] == "handle"
      return value unless entry["role"] == "array"

      count = entry["shape"].map { |word| Pcil.size(object, word, values) }.reduce(1, :*)
      value.public_send("read_array_of_#{TYPES[entry['type']]}", count)
    end

    # The text convention: asks for the length, then for the text.
    def ask_text(arguments)
      at = @entry["parameters"].index { |one| one["role"] == "buffer" } or return
      arguments[at + 2] = length = FFI::MemoryPointer.new(:int64)
      Pcil.check(C.public_send(@entry["name"], *arguments))
      arguments[at] = text = FFI::MemoryPointer.new(length.read_int64 + 1)
      arguments[at + 1] = text.size
      @results << -> { text.read_string.force_encoding("UTF-8") }
    end

    def other(value)
      case @entry["result"]["role"]
      when "handle" then value.null? ? nil : Pcil.class_of(@entry["result"]["type"]).new(value, {}, @object)
      when "text" then value&.dup&.force_encoding("UTF-8")
      else value
      end
    end
  end

  API["handles"].each do |handle|
    short = handle.delete_prefix("pcil_")
    made = const_set(short.capitalize, Class.new(Handle))
    made.const_set(:KIND, short)
    made.const_set(:RELEASE, "#{handle}_free")
  end
  API["enumerations"].each do |name, values|
    short = name.delete_prefix("pcil_")
    const_set("#{short.capitalize}Value", values.transform_keys { |key| key.delete_prefix("PCIL_").delete_prefix("#{short.upcase}_") }.freeze)
  end
  API["functions"].each_value do |entry|
    next if entry["class"] && entry["method"] == "free"

    if entry["kind"] == "method"
      class_of(entry["class"]).define_method(entry["method"]) { |*given, **named| Call.new(entry, self, given, named).run }
    else
      place = entry["class"] ? class_of(entry["class"]) : self
      place.define_singleton_method(entry["method"]) { |*given, **named| Call.new(entry, nil, given, named).run }
    end
  end
end
