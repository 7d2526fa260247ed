import torch

from txst.losses.teacher import TeacherLoss


def test_is_the_mean_difference_of_the_pixels(make_inputs):
    inputs = make_inputs()
    inputs.teacher.image = inputs.output.image + torch.tensor([0.1, -0.2, 0.3])[:, None, None]
    torch.testing.assert_close(TeacherLoss()(inputs), torch.tensor(0.2))
