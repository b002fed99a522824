"""What the Python binding does beside calling: every function is there; arrays, texts, counts, callbacks, lifetimes, failures."""

import copy
import gc
import inspect
import os
import pathlib
import pickle
import signal
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock
import weakref

import numpy
import pcil
from pcil._interface import API


class Binding(unittest.TestCase):
    def setUp(self):
        self.network = pcil.Network.parse("4; dense 3; relu, dense 3; softmax")
        self.inference = pcil.Inference(self.network, "sequential", 8)
        self.inputs = numpy.full((2, 4), 0.5, numpy.float32)

    def test_every_function_is_there(self):
        for name, entry in API["functions"].items():
            place = getattr(pcil, entry["class"].capitalize()) if entry["class"] else pcil
            self.assertTrue(callable(getattr(place, entry["method"])), name)

    def test_the_stubs_tell_of_every_function(self):
        with open(pcil.__file__ + "i", encoding="utf-8") as file:
            stubs = file.read()
        for entry in API["functions"].values():
            self.assertIn(f"def {entry['method']}(", stubs)

    def test_help_is_the_header_s(self):
        self.assertIn("targets: [batch][features of the output node]", inspect.getdoc(pcil.Inference.clamp))
        self.assertEqual(list(inspect.signature(pcil.Inference.clamp).parameters), ["self", "inputs", "targets", "batch"])

    def test_arrays_are_used_in_place(self):
        values = numpy.zeros(3, numpy.float32)
        self.assertIsNone(self.network.get("block0.dense.bias", values))
        self.assertTrue(values.any())
        self.assertTrue(numpy.array_equal(values, self.network.get("block0.dense.bias")))

    def test_outputs_have_the_shape_of_the_comment(self):
        self.assertEqual(self.inference.predict(self.inputs).shape, (2, 3))
        self.inference.clamp_labels(self.inputs, [0, 1])
        self.assertEqual(self.inference.activity(1).shape, (2, 3))
        self.assertEqual(self.inference.error_delay_labels(self.inputs, [0, 1], 4).shape, (5, 3))

    def test_wrong_arrays_are_refused_before_c_sees_them(self):
        with self.assertRaisesRegex(ValueError, r"labels holds 3 numbers; \[batch\] = 2"):
            self.inference.clamp_labels(self.inputs, [0, 1, 2])
        with self.assertRaisesRegex(ValueError, "inputs holds 8 numbers"):
            self.inference.clamp_labels(self.inputs, [0, 1, 2], batch=3)
        with self.assertRaisesRegex(ValueError, "inputs holds 7 numbers"):
            self.inference.predict(numpy.zeros(7, numpy.float32))
        self.inference.clamp_labels(self.inputs, [0, 1])
        with self.assertRaisesRegex(ValueError, "inputs holds 8 numbers"):  # a count that C takes for 8, whatever it is here
            self.inference.clamp_labels(self.inputs, [0, 1], batch=numpy.array(8))
        self.assertEqual(self.inference.residual(nodes=True)[1].shape, (3,))
        for bad in (numpy.zeros(3), numpy.zeros(6, numpy.float32)[::2], [0, 0, 0]):
            with self.assertRaisesRegex(TypeError, "values: is written"):
                self.network.get("block0.dense.bias", bad)

    def test_numbers_out_of_range_are_refused(self):
        with self.assertRaisesRegex(OverflowError, "units: 1099511627776"):
            self.network.dense(2**40)
        with self.assertRaises(TypeError):
            self.inference.infer(1.5)

    def test_arrays_of_numbers_that_c_cannot_hold_are_refused(self):
        for labels in ([2**32 + 1, 0], [-(2**31) - 1, 0], [1.9, 0], [float("nan"), 0], numpy.array([2**63 + 1, 0], numpy.uint64)):
            with self.assertRaisesRegex(ValueError, "labels: holds .*, which int32 cannot hold"):
                self.inference.clamp_labels(self.inputs, labels)
        with self.assertRaisesRegex(ValueError, "labels: holds masked numbers"):
            self.inference.clamp_labels(self.inputs, numpy.ma.array([1.5, 0], mask=[True, False]))
        with self.assertRaisesRegex(ValueError, "labels: holds 1.5, which int32 cannot hold"):
            self.inference.clamp_labels(self.inputs, numpy.ma.array([1.5, 0]))
        with self.assertRaisesRegex(pcil.ArgumentError, "inf"):
            self.inference.predict([0.5] * 7 + [float("inf")])
        for labels in ([True, False], [1.0, 0.0], numpy.array([1, 0], numpy.int64), numpy.array([[1], [0]], numpy.uint8)):
            self.inference.clamp_labels(self.inputs, labels)
        for inputs in (["1.5"] * 8, [1j] * 8, [None] * 8, [2**70] * 8):
            with self.assertRaisesRegex(TypeError, "inputs: must hold numbers that float32 can hold"):
                self.inference.predict(inputs)
        with self.assertRaisesRegex(ValueError, "inputs: holds 1e.300, which float32 cannot hold"):
            self.inference.predict([0.5] * 7 + [1e300])
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(ValueError, "pixels: holds 300.0, which uint8 cannot hold"):
            pcil.image_write(os.path.join(folder, "a.png"), numpy.array([0, 300.0]), 1, 1, 2)

    def test_texts_go_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "kept.safetensors")
            for bad in (path + "\0.upload", os.fsencode(path) + b"\0"):
                with self.assertRaisesRegex(ValueError, "path: .* holds a NUL"):
                    self.network.save(bad, None)
            with self.assertRaisesRegex(ValueError, "captions: 'a.*b' holds a NUL"):
                pcil.image_sheet(path, numpy.zeros(1, numpy.uint8), 1, 1, 1, 1, 1, captions=["a\0b"])
            self.assertEqual(os.listdir(folder), [])
            self.network.save(os.fsencode(path), None)
            self.network.save(pathlib.Path(folder, "other"), None)
            self.assertEqual(sorted(os.listdir(folder)), ["kept.safetensors", "other"])
            with self.assertRaisesRegex(pcil.IoError, "cannot open"):
                pcil.Network.load(os.path.join(os.fsencode(folder), b"\xfe"))
        with self.assertRaises(TypeError):
            pcil.Network.load(3)

    def test_a_path_may_be_no_text(self):
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(os.fsencode(folder), b"\xff")
            try:
                open(name, "wb").close()
            except OSError:
                self.skipTest("a file system of names in UTF-8")
            os.remove(name)
            for given in (name, name.decode("utf-8", "surrogateescape")):  # as Python has paths where it takes the system for UTF-8
                self.network.save(given, None)
                self.assertEqual(os.listdir(os.fsencode(folder)), [b"\xff"])
                os.remove(name)

    def test_a_failure_is_an_exception_of_its_kind(self):
        with self.assertRaisesRegex(pcil.ArgumentError, "known: block0.dense.weight") as caught:
            self.network.get("nothing", numpy.zeros(1, numpy.float32))
        self.assertEqual(caught.exception.status, pcil.Status.ERROR_ARGUMENT)
        self.assertIsInstance(caught.exception, ValueError)
        with self.assertRaises(pcil.FormatError):
            pcil.Network.parse("4; dens 3")

    def test_results_on_request_are_none_otherwise(self):
        optimizer = pcil.Optimizer(self.network, "adam")
        self.assertIsNone(self.inference.train_step_labels(optimizer, self.inputs, [0, 1]))
        self.assertGreater(self.inference.train_step_labels(optimizer, self.inputs, [0, 1], loss=True), 0)

    def test_a_callback_sees_inference_and_may_stop_it(self):
        seen = []
        self.inference.trace(lambda iteration, energy, errors: seen.append((iteration, energy, errors)))
        self.inference.clamp_labels(self.inputs, [0, 1])
        self.assertEqual(self.inference.infer(2, energy=True), seen[-1][1])
        self.assertEqual([(iteration, errors.shape) for iteration, _, errors in seen], [(0, (3,)), (1, (3,)), (2, (3,))])
        for answer in (True, 2**40):  # of which C's type holds nothing but zeros
            self.inference.trace(lambda *_, answer=answer: answer)
            with self.assertRaises(pcil.InterruptedError):
                self.inference.infer(2)

    def test_an_exception_in_a_callback_comes_out_of_the_call(self):
        def broken(*_):
            raise KeyError("mine")

        self.inference.clamp_labels(self.inputs, [0, 1])
        self.inference.trace(broken)
        with self.assertRaisesRegex(KeyError, "mine"):
            self.inference.infer(2)
        self.inference.trace(None)
        self.inference.infer(2)

    def test_an_interrupt_comes_out_of_the_call(self):
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        network = pcil.Network.parse("784; dense 300; relu, dense 10; softmax")
        inference, hook = pcil.Inference(network, "sequential", 64), sys.unraisablehook
        inference.clamp_labels(numpy.ones((64, 784), numpy.float32), [0] * 64)
        inference.trace(lambda *_: None)
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            inference.infer(100_000)
        timer.join()
        self.assertIs(sys.unraisablehook, hook)

    def test_an_exception_at_a_warning_ends_the_run(self):
        events = []

        def watch(trainer, event):
            events.append(event)
            if event == pcil.Event.EVALUATION:
                os.remove(os.path.join(folder, "run", "metrics.jsonl"))  # which the next evaluation warns of
            if event == pcil.Event.WARNING:
                raise KeyError(trainer.warning())

        with tempfile.TemporaryDirectory() as folder, pcil.Trainer() as trainer, pcil.Dataset.digits(100, 1) as digits:
            trainer.set_text("network", "3x32x32; dense 8; relu, dense 10; softmax")
            trainer.set_text("out", os.path.join(folder, "run"))
            trainer.set("epochs", 5)
            trainer.data(digits, None)
            trainer.watch(watch)
            with self.assertRaisesRegex(KeyError, "was removed"):
                trainer.run()
            self.assertEqual((events[-1], trainer.value("epoch")), (pcil.Event.WARNING, 2))
            trainer.free()

    def test_what_an_object_was_made_of_stays(self):
        dataset = pcil.Dataset.memory(numpy.ones((6, 1, 1, 4), numpy.float32), 4, 1, 1, 2, 0, labels=[0, 1] * 3)
        gc.collect()
        inputs, labels = dataset.read([5, 0], inputs=True, labels=True)
        self.assertTrue(inputs.all() and list(labels) == [1, 0])
        network = weakref.ref(self.network)
        del self.network
        gc.collect()
        self.assertIsNotNone(network())

    def order_of_frees(self, *kinds):
        """The list to which the objects made from now on add the names of their classes when C frees them."""
        freed = []

        def recorded(kind, release):
            return staticmethod(lambda pointer: (freed.append(kind.__name__), release(pointer)))

        for kind in kinds:
            patch = unittest.mock.patch.object(kind, "_free", recorded(kind, kind._free))
            patch.start()
            self.addCleanup(patch.stop)
        return freed

    def test_a_cycle_is_freed_in_the_order_of_use(self):
        freed = self.order_of_frees(pcil.Network, pcil.Inference, pcil.Optimizer, pcil.Traces)
        network = pcil.Network.parse("40; dense 50; relu, dense 10; softmax")
        inference, optimizer = pcil.Inference(network, "sequential", 5), pcil.Optimizer(network, "adam")
        inference.trace(lambda *_: network.blocks() * 0)  # a callback that knows its object
        network.model = pcil.Traces(inference, optimizer)
        del network, inference, optimizer
        gc.collect()
        self.assertEqual((freed[0], freed[-1], sorted(freed)), ("Traces", "Network", ["Inference", "Network", "Optimizer", "Traces"]))

    def test_a_cycle_of_data_is_freed_in_the_order_of_use(self):
        freed = self.order_of_frees(pcil.Dataset, pcil.Batches, pcil.Trainer)
        data, train = pcil.Dataset.digits(200, 1), pcil.Trainer()
        view, reference = data.limit(100), pcil.Dataset.digits(100, 1)
        batches = pcil.Batches(view, 50, 1)
        batches.set_text("normalise", "standard")
        batches.normalise_like(reference)
        batches.set("prefetch", 1)
        batches.begin(0, 0)
        train.data(view, reference)
        data.cycle = [data, view, reference, batches, train]
        del data, view, reference, batches, train
        gc.collect()
        self.assertEqual((sorted(freed[:2]), freed[2:]), (["Batches", "Trainer"], ["Dataset"] * 3))

    def test_a_reference_stays_with_its_batches(self):
        batches, reference = pcil.Batches(pcil.Dataset.digits(100, 1), 50, 1), pcil.Dataset.digits(100, 2)
        batches.normalise_like(reference)
        with self.assertRaisesRegex(ValueError, "in use by: Batches"):
            reference.free()

    def test_what_was_made_of_a_borrowed_part_keeps_its_owner(self):
        trainer = pcil.Trainer()
        trainer.set_text("network", "3x32x32; dense 8; relu, dense 10; softmax")
        trainer.data(pcil.Dataset.digits(100, 1), None)
        trainer.prepare()
        inference = pcil.Inference(trainer.network(), "sequential", 1)
        with self.assertRaisesRegex(ValueError, "in use by: Inference"):
            trainer.free()
        inference.free()
        trainer.free()

    def test_an_object_that_a_finaliser_brings_back_is_freed(self):
        class Model:
            def __del__(self):
                back.append(self.network)

        back, model = [], Model()
        model.network = pcil.Network.parse("4; dense 3; softmax")
        model.network.model = model
        del model
        gc.collect()
        with self.assertRaisesRegex(ValueError, "has been freed"):
            back[0].blocks()

    def test_a_handle_is_not_copied(self):
        for copied in (copy.copy, copy.deepcopy, pickle.dumps):
            with self.assertRaisesRegex(TypeError, "a Network cannot be copied"):
                copied(self.network)
        gc.collect()
        self.assertEqual(self.network.blocks(), 2)

    def test_a_call_at_work_keeps_what_it_uses(self):
        self.inference.clamp_labels(self.inputs, [0, 1])
        self.inference.trace(lambda *_: self.inference.free())
        with self.assertRaisesRegex(ValueError, "this Inference is in use by: a call at work"):
            self.inference.infer(2)
        at_work, end = threading.Event(), threading.Event()
        self.inference.trace(lambda *_: at_work.set() or end.wait() and None)
        thread = threading.Thread(target=self.inference.infer, args=(2,))
        thread.start()
        at_work.wait()
        with self.assertRaisesRegex(ValueError, "in use by: a call at work"):
            self.inference.free()
        end.set()
        thread.join()
        self.inference.free()

    def test_free_may_be_asked_while_other_threads_make_and_drop(self):
        def churn():
            while not stop.is_set():
                made = [pcil.Inference(self.network, "sequential", 2) for _ in range(30)]
                del made

        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(1e-6)
        stop, end = threading.Event(), time.monotonic() + 1
        threads = [threading.Thread(target=churn) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            while time.monotonic() < end:
                with self.assertRaisesRegex(ValueError, "in use by: Inference"):
                    self.network.free()
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def test_a_long_chain_is_freed(self):
        freed = self.order_of_frees(pcil.Dataset)
        view = first = pcil.Dataset.digits(20, 1)
        for _ in range(2000):
            view = view.limit(10)
        first.cycle = view
        del view, first
        gc.collect()
        self.assertEqual(len(freed), 2001)

    def test_a_callback_of_a_borrowed_part_stays_as_long_as_its_owner(self):
        trainer, seen = pcil.Trainer(), []
        trainer.set_text("network", "3x32x32; dense 8; relu, dense 10; softmax")
        trainer.set("epochs", 1)
        trainer.data(pcil.Dataset.digits(100, 1), None)
        trainer.prepare()
        trainer.inference().trace(lambda *_: seen.append(1))
        gc.collect()
        trainer.run()
        self.assertTrue(seen)

    def test_free_waits_for_what_was_made_of_it(self):
        with self.assertRaisesRegex(ValueError, "in use by: Inference"):
            self.network.free()
        self.inference.free()
        self.network.free()
        with self.assertRaisesRegex(ValueError, "has been freed"):
            self.network.blocks()

    def test_batches_stay_as_large_as_they_were_made(self):
        size = numpy.array(2)
        batches = pcil.Batches(pcil.Dataset.digits(100, 1), size, 1)
        size[...] = 1
        batches.begin(0, 0)
        self.assertEqual(len(batches.next()[0]), 2)

    def test_a_trainer_keeps_its_data(self):
        def digits():
            return pcil.Dataset.digits(100, 1)

        trainer, others = pcil.Trainer(), digits()
        trainer.data(digits(), digits())
        trainer.data(others, kept := digits())
        trainer.data(digits(), others)
        kept.free()  # which an earlier call gave
        with self.assertRaisesRegex(ValueError, "in use by: Trainer"):
            others.free()
        given = weakref.ref(others)
        del others
        gc.collect()
        self.assertIsNotNone(given())
        trainer.set_text("network", "3x32x32; dense 8; relu, dense 10; softmax")
        trainer.set("epochs", 1)
        trainer.run()

    def test_a_trainer_s_parts_are_borrowed(self):
        lines = []
        with pcil.Trainer() as trainer, pcil.Dataset.digits(100, 1) as digits:
            trainer.set_text("network", "3x32x32; dense 8; relu, dense 10; softmax")
            trainer.set("epochs", 1)
            trainer.data(digits, None)
            progress = pcil.Progress(stream=type("Lines", (), {"write": lambda _, text: lines.append(text), "flush": lambda _: None, "isatty": lambda _: False})())
            trainer.watch(progress)
            trainer.run()
            inference = trainer.inference()
            self.assertEqual(inference.predict(numpy.zeros((1, 32, 32, 3))).shape, (1, 10))
            trainer.free()
            with self.assertRaisesRegex(ValueError, "has been freed"):
                inference.batch()
        self.assertIn("epoch 1: training loss", "".join(lines))


unittest.main()
