/* The strokes of the ten digits, several hands each: signs of metal, plates of painted letters, chalk. */
#include "dataset/digits_parts.h"

/* clang-format off */
#define M(x, y)         {'m', x, y}
#define L(x, y)         {'l', x, y}
#define Q(cx, cy, x, y) {'c', cx, cy}, {'e', x, y}
#define END             {0, 0, 0}

typedef const struct pc_mark glyph[];

static glyph zero_round = {M(30, 0), Q(60, 0, 60, 50), Q(60, 100, 30, 100), Q(0, 100, 0, 50), Q(0, 0, 30, 0), END};
static glyph zero_plate = {M(12, 0), L(48, 0), Q(58, 0, 58, 14), L(58, 86), Q(58, 100, 48, 100), L(12, 100),
                           Q(2, 100, 2, 86), L(2, 14), Q(2, 0, 12, 0), END};
static glyph zero_hand = {M(38, 2), Q(4, 0, 4, 52), Q(4, 100, 32, 98), Q(58, 96, 56, 46), Q(54, 4, 26, 6), END};

static glyph one_plain = {M(30, 0), L(30, 100), END};
static glyph one_flag = {M(12, 20), L(34, 0), L(34, 100), END};
static glyph one_base = {M(14, 18), L(32, 0), L(32, 100), M(12, 100), L(52, 100), END};
static glyph one_curved = {M(14, 22), Q(32, 16, 36, 0), L(36, 100), END};

static glyph two_round = {M(2, 26), Q(4, 0, 30, 0), Q(58, 0, 58, 27), Q(58, 46, 34, 66), L(2, 100), L(60, 100), END};
static glyph two_neck = {M(2, 24), Q(6, 0, 32, 0), Q(56, 0, 56, 26), Q(56, 48, 28, 68), Q(4, 84, 4, 100), L(58, 100),
                         END};
static glyph two_hand = {M(6, 18), Q(20, -4, 42, 4), Q(62, 18, 44, 52), Q(28, 84, 8, 94), Q(26, 80, 36, 92),
                         Q(46, 104, 60, 92), END};

static glyph three_round = {M(4, 16), Q(12, 0, 30, 0), Q(54, 0, 54, 25), Q(54, 47, 26, 47), Q(60, 48, 60, 74),
                            Q(60, 100, 30, 100), Q(8, 100, 1, 80), END};
static glyph three_flat = {M(4, 0), L(56, 0), L(28, 40), Q(60, 42, 60, 70), Q(60, 100, 28, 100), Q(8, 100, 0, 84),
                           END};
static glyph three_plate = {M(4, 0), L(46, 0), Q(56, 0, 56, 14), L(56, 36), Q(56, 48, 44, 48), L(18, 48), M(44, 48),
                            Q(58, 48, 58, 62), L(58, 86), Q(58, 100, 46, 100), L(2, 100), END};

static glyph four_closed = {M(44, 100), L(44, 0), L(0, 68), L(60, 68), END};
static glyph four_open = {M(10, 0), L(4, 56), L(58, 56), M(44, 22), L(44, 100), END};
static glyph four_short = {M(36, 0), L(2, 62), L(60, 62), M(42, 36), L(42, 100), END};

static glyph five_round = {M(54, 0), L(10, 0), L(6, 44), Q(16, 34, 32, 34), Q(60, 36, 60, 67), Q(60, 100, 28, 100),
                           Q(8, 100, 0, 84), END};
static glyph five_plate = {M(52, 0), L(8, 0), L(8, 42), L(34, 42), Q(58, 42, 58, 70), Q(58, 100, 30, 100), L(2, 100),
                           END};
static glyph five_hand = {M(50, 2), L(14, 2), Q(12, 20, 8, 40), Q(56, 30, 56, 66), Q(54, 98, 4, 98), END};

static glyph six_round = {M(52, 10), Q(44, 0, 32, 0), Q(0, 2, 0, 60), Q(0, 100, 30, 100), Q(60, 100, 60, 69),
                          Q(60, 40, 32, 40), Q(6, 40, 0, 64), END};
static glyph six_straight = {M(44, 0), Q(4, 40, 2, 68), Q(2, 100, 30, 100), Q(58, 100, 58, 70), Q(58, 42, 30, 42),
                             Q(8, 42, 3, 62), END};
static glyph six_plate = {M(54, 0), L(18, 0), Q(4, 0, 4, 16), L(4, 84), Q(4, 100, 18, 100), L(44, 100),
                          Q(58, 100, 58, 86), L(58, 58), Q(58, 44, 44, 44), L(4, 44), END};

static glyph seven_plain = {M(0, 0), L(60, 0), L(22, 100), END};
static glyph seven_curved = {M(2, 0), L(58, 0), Q(28, 40, 24, 100), END};
static glyph seven_crossed = {M(2, 2), L(58, 2), L(24, 100), M(16, 50), L(52, 50), END};
static glyph seven_serif = {M(2, 16), L(2, 0), L(58, 0), Q(34, 44, 30, 100), END};

static glyph eight_round = {M(30, 0), Q(56, 0, 56, 24), Q(56, 47, 30, 47), Q(4, 47, 4, 24), Q(4, 0, 30, 0), M(30, 47),
                            Q(60, 47, 60, 74), Q(60, 100, 30, 100), Q(0, 100, 0, 74), Q(0, 47, 30, 47), END};
static glyph eight_hand = {M(52, 14), Q(40, -4, 22, 2), Q(-2, 14, 14, 36), L(46, 58), Q(68, 78, 48, 94),
                           Q(28, 106, 8, 92), Q(-6, 76, 12, 58), L(44, 38), Q(62, 24, 52, 14), END};
static glyph eight_plate = {M(16, 0), L(44, 0), Q(56, 0, 56, 14), L(56, 34), Q(56, 47, 44, 47), L(16, 47),
                            Q(4, 47, 4, 34), L(4, 14), Q(4, 0, 16, 0), M(16, 47), Q(2, 47, 2, 62), L(2, 86),
                            Q(2, 100, 16, 100), L(44, 100), Q(58, 100, 58, 86), L(58, 62), Q(58, 47, 44, 47), END};

static glyph nine_round = {M(8, 90), Q(16, 100, 28, 100), Q(60, 98, 60, 40), Q(60, 0, 30, 0), Q(0, 0, 0, 31),
                           Q(0, 60, 28, 60), Q(54, 60, 60, 36), END};
static glyph nine_stem = {M(56, 30), Q(56, 0, 30, 0), Q(2, 0, 2, 29), Q(2, 58, 30, 58), Q(56, 58, 56, 30), L(48, 100),
                          END};
static glyph nine_plate = {M(6, 100), L(42, 100), Q(56, 100, 56, 84), L(56, 16), Q(56, 0, 42, 0), L(16, 0),
                           Q(2, 0, 2, 14), L(2, 42), Q(2, 56, 16, 56), L(56, 56), END};
static glyph nine_tail = {M(56, 28), Q(54, 0, 30, 0), Q(2, 0, 2, 29), Q(2, 56, 28, 56), Q(52, 56, 56, 28),
                          Q(62, 84, 16, 100), END};
/* clang-format on */

enum { MOST_HANDS = 4 };

static const struct pc_mark *const hands[10][MOST_HANDS] = {
    {zero_round, zero_plate, zero_hand},    {one_plain, one_flag, one_base, one_curved},
    {two_round, two_neck, two_hand},        {three_round, three_flat, three_plate},
    {four_closed, four_open, four_short},   {five_round, five_plate, five_hand},
    {six_round, six_straight, six_plate},   {seven_plain, seven_curved, seven_crossed, seven_serif},
    {eight_round, eight_hand, eight_plate}, {nine_round, nine_stem, nine_plate, nine_tail},
};

const struct pc_mark *pc_digits_glyph(int32_t digit, struct pc_random *random) {
    uint64_t count = hands[digit][MOST_HANDS - 1] ? MOST_HANDS : MOST_HANDS - 1;
    return hands[digit][pc_random_below(random, count)];
}
