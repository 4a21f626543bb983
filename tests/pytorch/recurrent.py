"""Recurrent layers and cells, and how two models train."""
import torch
from torch import nn
from torch.nn.utils.stateless import functional_call

from record import spread


def small(*shape, seed):
    """Rounded, so that the file stays small."""
    return torch.round(spread(*shape, low=-0.7, high=0.7, seed=seed) * 1000) / 1000


def parameters_of(module):
    return {
        name: small(*parameter.shape, seed=seed)
        for seed, (name, parameter) in enumerate(module.named_parameters(), 1)
    }


def called(module, states):
    """module(x, states), with the parameters as arguments by name."""

    def run(x, h=None, c=None, **weights):
        given = (h, c) if states == 2 and h is not None else h
        if hasattr(module, "_flat_weights"):
            module._flat_weights = [weights[name] for name in module._flat_weights_names]
            return flat(module(x, given))
        return flat(functional_call(module, weights, (x, given)))

    return run


def flat(outputs):
    if torch.is_tensor(outputs):
        return outputs
    return [t for part in outputs for t in ((part,) if torch.is_tensor(part) else part)]


def case(name, module, x, states=1, given=True):
    module = module.double()
    inputs = {"x": small(*x, seed=11)}
    if given:
        layers = module.num_layers * (2 if module.bidirectional else 1)
        batch = [] if len(x) == 2 else [x[0] if module.batch_first else x[1]]
        for k, state in enumerate("hc"[:states]):
            inputs[state] = small(layers, *batch, module.hidden_size, seed=12 + k)
    inputs.update(parameters_of(module))
    return name, called(module, states), inputs


def cell(name, module, x, states=1, given=True):
    module = module.double()
    inputs = {"x": small(*x, seed=11)}
    if given:
        for k, state in enumerate("hc"[:states]):
            inputs[state] = small(*x[:-1], module.hidden_size, seed=12 + k)
    inputs.update(parameters_of(module))
    return name, called(module, states), inputs


class Model(nn.Module):
    """A recurrent layer and what it says of its last step."""

    def __init__(self, kind):
        super().__init__()
        self.rnn = kind(3, 4, 2)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0][-1])


def losses(kind, steps=40):
    """What 40 steps of SGD give, and what they begin with."""

    def run(**inputs):
        model = Model(kind).double()
        inputs = {name: tensor.detach() for name, tensor in inputs.items()}
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(inputs[name])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
        result = []
        for step in range(steps):
            batch = step % 3
            loss = ((model(inputs["x"][batch]) - inputs["target"][batch]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            result.append(loss.detach())
        return torch.stack(result)

    inputs = {"x": small(3, 5, 4, 3, seed=21) * 2, "target": small(3, 4, 2, seed=22)}
    inputs.update(parameters_of(Model(kind)))
    return run, inputs


def cases():
    yield case("rnn_tanh", nn.RNN(3, 2), (4, 2, 3))
    yield case("rnn_relu_two_layers", nn.RNN(3, 2, 2, nonlinearity="relu", batch_first=True), (2, 3, 3))
    yield case("rnn_bidirectional", nn.RNN(2, 3, bidirectional=True, bias=False), (3, 2, 2))
    yield case("lstm", nn.LSTM(3, 2), (4, 2, 3), 2)
    yield case("lstm_two_layers_both_ways", nn.LSTM(2, 2, 2, bidirectional=True), (3, 2, 2), 2)
    yield case("lstm_batch_first_no_state", nn.LSTM(2, 3, batch_first=True), (2, 3, 2), 2, False)
    yield case("lstm_without_batch", nn.LSTM(2, 3, bias=False), (3, 2), 2)
    yield case("gru", nn.GRU(3, 2), (4, 2, 3))
    yield case("gru_two_layers_both_ways", nn.GRU(2, 2, 2, bidirectional=True), (3, 2, 2))
    yield case("gru_without_bias", nn.GRU(2, 3, bias=False, batch_first=True), (2, 3, 2), 1, False)
    yield cell("rnn_cell", nn.RNNCell(3, 2, nonlinearity="relu"), (2, 3))
    yield cell("rnn_cell_no_state", nn.RNNCell(3, 2), (2, 3), 1, False)
    yield cell("lstm_cell", nn.LSTMCell(3, 2), (2, 3), 2)
    yield cell("lstm_cell_without_batch", nn.LSTMCell(3, 2, bias=False), (3,), 2)
    yield cell("gru_cell", nn.GRUCell(3, 2), (2, 3))
    yield ("lstm_trains", *losses(nn.LSTM))
    yield ("gru_trains", *losses(nn.GRU))
