"""No output is made smaller than what C writes: behind each lie guard numbers, which every function that has outputs must leave."""

import math
import os
import tempfile
import unittest

import numpy
import pcil
from pcil import _interface
from pcil._interface import API

GUARD, BEHIND = 0xA5, 1 << 16


class Outputs(unittest.TestCase):
    def setUp(self):
        self.given, self.room = [], _interface.room
        _interface.room = self.guarded
        self.network = pcil.Network.parse("4; dense 5; tanh, dense 3; softmax")
        self.inference = pcil.Inference(self.network, "sequential", 8)
        self.optimizer = pcil.Optimizer(self.network, "sgd")
        self.inputs = numpy.linspace(-1, 1, 24, dtype=numpy.float32).reshape(6, 4)
        self.labels = numpy.arange(6, dtype=numpy.int32) % 3
        self.targets = numpy.eye(3, dtype=numpy.float32)[self.labels]
        self.optimizer.measure(1)
        self.inference.train_step_labels(self.optimizer, self.inputs, self.labels)

    def tearDown(self):
        _interface.room = self.room

    def guarded(self, type, shape):
        whole = numpy.full(self.room(type, shape).nbytes + BEHIND, GUARD, numpy.uint8)
        self.given.append(whole)
        return whole[:-BEHIND].view(_interface.NUMBERS[type][1]).reshape(shape)

    def network_calls(self):
        network, count = self.network, self.network.parameters()
        batch, change = (self.inputs, self.targets), numpy.ones(count, numpy.float32)
        return {
            "network_node_shape": lambda: network.node_shape(1),
            "network_block_info": lambda: network.block_info(0),
            "network_tensor_shape": lambda: network.tensor_shape("block0.dense.weight"),
            "network_get": lambda: network.get("block0.dense.weight"),
            "proximal_step": lambda: network.proximal_step(*batch, 0.01, 1e-3, 5),
            "compare_updates": lambda: network.compare_updates(change, change),
            "loss_gradient": lambda: network.loss_gradient(*batch),
            "hessian_product": lambda: network.hessian_product(*batch, numpy.ones(count)),
            "hessian": lambda: network.hessian(*batch),
            "hessian_norm": lambda: network.hessian_norm(*batch, 1e-2, 100),
            "second_order_step": lambda: network.second_order_step(*batch, 1e-3, step=_interface.room("double", count)),
            "implicit_step": lambda: network.implicit_step(*batch, 1e-3, step=_interface.room("double", count)),
            "theorem2": lambda: network.theorem2(*batch, [1e-3, 2e-3]),
        }

    def inference_calls(self):
        inference, optimizer, batch, labelled = self.inference, self.optimizer, (self.inputs, self.targets), (self.inputs, self.labels)
        return {
            "inference_get": lambda: inference.get("iterations"),
            "infer": lambda: inference.infer(2, energy=True),
            "inference_residual": lambda: inference.residual(),
            "settle": lambda: inference.settle(1e-1, 10),
            "predict": lambda: inference.predict(self.inputs),
            "inference_activity": lambda: inference.activity(1),
            "inference_node_error": lambda: inference.node_error(1),
            "inference_prediction": lambda: inference.prediction(),
            "inference_zero_share": lambda: inference.zero_share(1),
            "inference_plan": lambda: inference.plan(0),
            "proximal_loss": lambda: inference.proximal_loss(optimizer, *batch, 3, [0.1, 0.2]),
            "proximal_loss_labels": lambda: inference.proximal_loss_labels(optimizer, *labelled, 3, [0.1, 0.2]),
            "error_delay": lambda: inference.error_delay(*batch, 3),
            "error_delay_labels": lambda: inference.error_delay_labels(*labelled, 3),
            "update_magnitudes": lambda: inference.update_magnitudes(optimizer, *batch, 3),
            "update_magnitudes_labels": lambda: inference.update_magnitudes_labels(optimizer, *labelled, 3),
            "update": lambda: inference.update(optimizer),
            "theorem1_weights": lambda: self.of_one_sample().theorem1_weights(optimizer, 0.1, "exact"),
            "theorem1_gap": lambda: inference.theorem1_gap(optimizer),
            "energy": lambda: inference.energy(),
            "energy_node": lambda: inference.energy_node(1),
            "energy_samples": lambda: inference.energy_samples(1),
            "loss": lambda: inference.loss(),
            "gradient": lambda: inference.gradient("block0.dense.weight"),
            "train_step": lambda: inference.train_step(optimizer, *batch, loss=True),
            "train_step_labels": lambda: inference.train_step_labels(optimizer, *labelled, loss=True),
            "optimizer_get": lambda: optimizer.get("learning_rate"),
            "optimizer_value": lambda: optimizer.value("magnitude", 0),
        }

    def of_one_sample(self):
        self.optimizer.set("learning_rate", 0.5)
        self.inference.clamp_labels(self.inputs[:1], self.labels[:1])
        return self.inference

    def run_calls(self, folder):
        dataset = pcil.Dataset.memory(self.inputs, 1, 1, 4, 3, 3, labels=self.labels, targets=self.targets)
        batches = pcil.Batches(dataset, 6, 1)
        traces, trainer, picture = pcil.Traces(self.inference, self.optimizer), pcil.Trainer(), os.path.join(folder, "picture.png")
        trainer.set_text("network", "4; dense 3; softmax")
        trainer.set("batch", 6)
        trainer.data(dataset, None)
        trainer.prepare()
        pcil.image_write(picture, numpy.zeros(18, numpy.uint8), 3, 2, 3)
        batches.begin(0, 0)
        return {
            "dataset_shape": lambda: dataset.shape(),
            "dataset_read": lambda: dataset.read([1, 2], inputs=True, labels=True, targets=True),
            "batches_next": lambda: batches.next(labels=True, targets=True),
            "evaluate": lambda: self.inference.evaluate(batches),
            "traces_step": lambda: traces.step(),
            "traces_value": lambda: traces.value("energy", 0, 0),
            "trainer_value": lambda: trainer.value("epochs"),
            "image_read": lambda: pcil.image_read(picture, 3, 2, 3),
            "option_describe": lambda: pcil.option_describe("optimizer", "mq", "learning_rate"),
            "log_slope": lambda: pcil.log_slope([1, 2, 4], [1, 4, 16]),
        }

    def calls(self, folder):
        return {**self.network_calls(), **self.inference_calls(), **self.run_calls(folder)}

    def tell(self, name, call):
        """Makes one call on a fresh batch; the guards behind its outputs must be left as they were."""
        self.inference.clamp_labels(self.inputs, self.labels)
        self.given.clear()
        try:
            call()
        finally:
            for whole in self.given:
                self.assertTrue((whole[-BEHIND:] == GUARD).all(), f"{name} writes beyond an output of {whole.size - BEHIND} bytes")

    def test_no_output_is_smaller_than_what_is_written(self):
        outputs = {name: [one for one in entry["parameters"] if one.get("out") or one["role"] == "result"] for name, entry in API["functions"].items()}
        with tempfile.TemporaryDirectory() as folder:
            calls = self.calls(folder)
            self.assertEqual({"pcil_" + name for name in calls}, {name for name, found in outputs.items() if found})
            for name, call in calls.items():
                with self.subTest(name):
                    self.tell(name, call)
                    self.assertGreaterEqual(len(self.given), len(outputs["pcil_" + name]))

    def test_an_array_that_is_too_small_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            calls = self.calls(folder)
            _interface.room = lambda type, shape: self.guarded(type, shape if shape == () else math.prod(numpy.atleast_1d(shape)) - 1)
            for name, call in calls.items():
                if any(one.get("out") for one in API["functions"]["pcil_" + name]["parameters"]):
                    with self.subTest(name), self.assertRaisesRegex(ValueError, "holds .* are expected|the array has"):
                        self.tell(name, call)


unittest.main()
