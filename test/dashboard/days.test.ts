import { addDays, dayOf, isDay, stepOf, stepsBetween } from '../../src/dashboard/days.js';
import { scaleFor } from '../../src/dashboard/views/plot.js';

test('a moment falls on another day in another zone', () => {
  const moment = new Date('2026-11-22T15:00:00Z');
  expect(dayOf(moment, 'Asia/Tokyo')).toBe('2026-11-23');
  expect(dayOf(moment, 'America/New_York')).toBe('2026-11-22');
});

test('days run over months and leap days', () => {
  expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
  expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
});

test('a day must be in the calendar', () => {
  expect(['2026-02-28', '2028-02-29'].every(isDay)).toBe(true);
  expect(['2026-02-29', '2026-13-01', '2026-1-1', '', 'today'].some(isDay)).toBe(false);
});

test('weeks begin on Monday, months on the first', () => {
  expect(stepOf('2026-11-22', 'week')).toBe('2026-11-16');
  expect(stepOf('2026-11-16', 'week')).toBe('2026-11-16');
  expect(stepOf('2026-11-22', 'month')).toBe('2026-11-01');
});

test('steps leave none out', () => {
  expect(stepsBetween('2026-11-20', '2026-11-22', 'day')).toEqual(['2026-11-20', '2026-11-21', '2026-11-22']);
  expect(stepsBetween('2026-11-08', '2026-11-22', 'week')).toEqual([
    '2026-11-02',
    '2026-11-09',
    '2026-11-16',
  ]);
  expect(stepsBetween('2025-12-31', '2026-02-01', 'month')).toEqual([
    '2025-12-01',
    '2026-01-01',
    '2026-02-01',
  ]);
});

test.each([
  [1, 4],
  [4, 4],
  [5, 8],
  [21, 24],
  [41, 60],
  [99, 100],
  [1001, 1200],
])('a greatest value of %i is drawn up to %i', (greatest, top) => {
  expect(scaleFor(greatest)).toBe(top);
});
