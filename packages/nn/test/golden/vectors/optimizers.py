"""optimizers.safetensors and optimizers.json: update rules, gradient clipping, schedules and averages of weights."""
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, lr_scheduler
from torch.optim.swa_utils import AveragedModel

from .common import camel_options, seed_for
from .files import save_case_lists, save_vectors

SHAPES = {'weight': (3, 4), 'bias': (4,)}
STEPS = 25
RECORDED = (1, 2, 10, 25)


def write(folder):
    tensors = {}
    cases = {
        'optimizers': optimizer_cases(tensors),
        'clips': clip_cases(tensors),
        'schedules': schedule_cases(),
        'averages': [average_case(tensors, 'ema', decay=0.9, steps=10)],
    }
    save_vectors(folder / 'optimizers.safetensors', tensors)
    save_case_lists(folder / 'optimizers.json', cases)


def random_parameters():
    return {name: nn.Parameter(torch.randn(shape)) for name, shape in SHAPES.items()}


def optimizer_cases(tensors):
    sgd, adam = dict(lr=0.1), dict(lr=0.01)
    return [
        optimizer_case(tensors, 'sgd', SGD, sgd),
        optimizer_case(tensors, 'sgd-momentum', SGD, dict(sgd, momentum=0.9)),
        optimizer_case(tensors, 'sgd-nesterov', SGD, dict(sgd, momentum=0.9, nesterov=True)),
        optimizer_case(tensors, 'sgd-weight-decay', SGD, dict(sgd, weight_decay=0.1)),
        optimizer_case(tensors, 'sgd-momentum-weight-decay', SGD, dict(sgd, momentum=0.9, weight_decay=0.1)),
        optimizer_case(tensors, 'adam', Adam, adam),
        optimizer_case(tensors, 'adam-betas', Adam, dict(adam, betas=(0.8, 0.95), eps=1e-3)),
        optimizer_case(tensors, 'adam-weight-decay', Adam, dict(adam, weight_decay=0.1)),
        optimizer_case(tensors, 'adamw', AdamW, dict(adam, weight_decay=0.1)),
        optimizer_case(tensors, 'adamw-defaults', AdamW, {}),
    ]


def optimizer_case(tensors, name, optimizer, options):
    seed_for(name)
    parameters, gradients = random_parameters(), random_gradients()
    tensors.update({f'{name}/initial/{key}': value.detach().clone() for key, value in parameters.items()})
    tensors.update({f'{name}/gradient/{key}': value for key, value in gradients.items()})
    rule = optimizer(parameters.values(), **options)
    for step in range(1, STEPS + 1):
        set_gradients(parameters, {key: value[step - 1] for key, value in gradients.items()})
        rule.step()
        if step in RECORDED:
            tensors.update({f'{name}/after/{step}/{key}': x.detach().clone() for key, x in parameters.items()})
    return {
        'name': name,
        'optimizer': optimizer.__name__,
        'options': camel_options(options),
        'parameters': list(SHAPES),
        'steps': STEPS,
        'recorded': RECORDED,
    }


def random_gradients():
    """Gradients of every step, stacked; their size falls over the steps, as in training."""
    size = torch.linspace(2, 0.2, STEPS)
    return {name: torch.randn(STEPS, *shape) * size.view(-1, *[1] * len(shape)) for name, shape in SHAPES.items()}


def set_gradients(parameters, gradients):
    for name, parameter in parameters.items():
        parameter.grad = gradients[name].clone()


def clip_cases(tensors):
    return [
        clip_case(tensors, 'clip-norm', max_norm=1.0),
        clip_case(tensors, 'clip-norm-within', max_norm=100.0),
    ]


def clip_case(tensors, name, **options):
    seed_for(name)
    parameters = random_parameters()
    gradients = {key: torch.randn(shape) for key, shape in SHAPES.items()}
    set_gradients(parameters, gradients)
    norm = nn.utils.clip_grad_norm_(parameters.values(), **options)
    tensors[f'{name}/norm'] = norm
    tensors.update({f'{name}/gradient/{key}': value for key, value in gradients.items()})
    tensors.update({f'{name}/clipped/{key}': parameter.grad for key, parameter in parameters.items()})
    return {'name': name, 'options': camel_options(options), 'parameters': list(SHAPES)}


def schedule_cases():
    return [
        schedule_case('step', step_decay, step_size=7, gamma=0.5),
        schedule_case('cosine', cosine, t_max=30, eta_min=0.001),
        schedule_case('warm-up', warm_up, start_factor=0.1, total_iters=5),
        schedule_case('warm-up-cosine', warm_up_cosine, start_factor=0.1, total_iters=5, t_max=25, eta_min=0.001),
    ]


def schedule_case(name, schedule, **options):
    """The learning rate that each of 30 steps uses."""
    optimizer = SGD([torch.zeros(1)], lr=0.1)
    scheduler, rates = schedule(optimizer, **options), []
    for _ in range(30):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        scheduler.step()
    return {'name': name, 'options': camel_options(dict(lr=0.1, **options)), 'rates': rates}


def step_decay(optimizer, step_size, gamma):
    return lr_scheduler.StepLR(optimizer, step_size, gamma)


def cosine(optimizer, t_max, eta_min):
    return lr_scheduler.CosineAnnealingLR(optimizer, t_max, eta_min)


def warm_up(optimizer, start_factor, total_iters):
    return lr_scheduler.LinearLR(optimizer, start_factor, total_iters=total_iters)


def warm_up_cosine(optimizer, start_factor, total_iters, t_max, eta_min):
    parts = [warm_up(optimizer, start_factor, total_iters), cosine(optimizer, t_max, eta_min)]
    return lr_scheduler.SequentialLR(optimizer, parts, milestones=[total_iters])


def average_case(tensors, name, decay, steps):
    """PyTorch's first update copies the parameters; the later ones mix them in."""
    seed_for(name)
    model = nn.ParameterDict(random_parameters())
    average = AveragedModel(model, avg_fn=lambda old, new, count: decay * old + (1 - decay) * new)
    parameters, averages = [], []
    for _ in range(steps):
        move_randomly(model)
        average.update_parameters(model)
        parameters.append(snapshot(model))
        averages.append(snapshot(average.module))
    for key in SHAPES:
        tensors[f'{name}/parameter/{key}'] = torch.stack([step[key] for step in parameters])
        tensors[f'{name}/average/{key}'] = torch.stack([step[key] for step in averages])
    return {'name': name, 'options': {'decay': decay}, 'parameters': list(SHAPES), 'steps': steps}


def move_randomly(model):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter))


def snapshot(model):
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
