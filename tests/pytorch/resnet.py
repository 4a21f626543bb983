"""A residual network with batch norm, trained from weights that formulas give."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from record import spread


class Block(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        around = x if self.downsample is None else self.downsample(x)
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + around)


class ResNet(nn.Module):
    """Depth and names of ResNet-18, with the first convolution that is usual for small images."""

    def __init__(self, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        before = width
        for stage in range(4):
            out = width * 2**stage
            blocks = [Block(before, out, 2 if stage > 0 else 1), Block(out, out, 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            before = out
        self.fc = nn.Linear(before, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return self.fc(x.mean((2, 3)))


def train():
    model = ResNet(width=4, classes=5).double()
    with torch.no_grad():
        for i, (name, parameter) in enumerate(model.named_parameters()):
            values = spread(*parameter.shape, low=-1, high=1, seed=i) / parameter[0].numel() ** 0.5
            norm = parameter.dim() == 1 and name.endswith("weight")
            parameter.copy_(1 + 0.1 * values if norm else values)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-3)
    losses = []
    for step in range(40):
        images, labels = spread(4, 3, 16, 16, seed=step % 3), (torch.arange(4) + step % 3) % 5
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    model.eval()
    with torch.no_grad():
        logits = model(spread(4, 3, 16, 16, seed=0))
    norm = model.layer4[1].bn2
    return [torch.stack(losses), norm.running_mean, norm.running_var, norm.num_batches_tracked, logits]


def names():
    return list(ResNet(4, 5).state_dict())


def cases():
    yield "resnet18_for_40_steps", train, {}
