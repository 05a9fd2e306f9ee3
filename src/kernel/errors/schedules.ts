import { defineErrors } from './spec.ts'

export const scheduleErrors = defineErrors({
  'schedules.unknown_schedule': {
    status: 404,
    errorKey: 'UnknownScheduleException',
    message: 'Unknown schedule: {schedule_uid}',
  },
  'schedules.invalid_cron': {
    status: 400,
    errorKey: 'InvalidCronScheduleException',
    message: '{cron} is no schedule: {reason}',
    hint: 'Use the five fields of cron: minute hour day-of-month month day-of-week, e.g. 30 4 * * 1 for Mondays at 4:30',
  },
  'schedules.invalid_timezone': {
    status: 400,
    errorKey: 'InvalidTimezoneException',
    message: 'There is no time zone {timezone}',
    hint: 'Use a name of the IANA database, e.g. Europe/Paris or UTC',
  },
  'schedules.too_often': {
    status: 400,
    errorKey: 'ScheduleTooOftenException',
    message: '{cron} runs every {minutes} minutes, but {min_minutes} must lie between two runs',
    hint: 'Run it less often, or have the setting BROADSHEET_SCHEDULE_MIN_MINUTES changed',
  },
  'schedules.duplicate': {
    status: 409,
    errorKey: 'DuplicateScheduleException',
    message: 'There is the same schedule already: {schedule_uid}',
  },
  'schedules.too_many': {
    status: 400,
    errorKey: 'TooManySchedulesException',
    message: 'It has {max} schedules, and cannot have more',
    hint: 'One cron expression can name several hours or days: 0 6,18 * * 1-5',
  },
})
