// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.ScheduleSettings.FullBackups;
import org.tidemark.core.Durations;

/** The schedule of a cluster, read from its settings. No WAL command loads this class. */
final class ScheduleValues {
    private static final String NEVER = "never";

    private final SettingValues values;
    private final String cluster;
    private final ZoneId zone;

    private ScheduleValues(SettingValues values, String cluster) {
        this.values = values;
        this.cluster = cluster;
        this.zone = values.parsed(KnownKey.SCHEDULE_TIME_ZONE, cluster, ScheduleValues::zone)
                .orElse(ScheduleSettings.DEFAULT_ZONE);
    }

    /** Reads the schedule of a cluster; each invalid value becomes a problem. */
    static ScheduleSettings read(SettingValues values, String cluster) {
        ScheduleValues schedule = new ScheduleValues(values, cluster);
        Map<ScheduledTask, CronSchedule> times = new EnumMap<>(ScheduledTask.class);
        DaysOff off = values.parsed(KnownKey.SCHEDULE_DAYS_OFF, cluster, DaysOff::parse)
                .orElse(DaysOff.NONE);
        schedule.of(KnownKey.SCHEDULE_BACKUP, NEVER).ifPresent(each -> times.put(ScheduledTask.BACKUP, each));
        schedule.of(KnownKey.SCHEDULE_EXPIRE, ScheduleSettings.DEFAULT_EXPIRE)
                .ifPresent(each -> times.put(ScheduledTask.EXPIRE, each));
        schedule.of(KnownKey.SCHEDULE_VERIFY, ScheduleSettings.DEFAULT_VERIFY)
                .ifPresent(each -> times.put(ScheduledTask.VERIFY, each));
        schedule.of(KnownKey.SCHEDULE_DRILL, NEVER).ifPresent(each -> times.put(ScheduledTask.DRILL, each));
        times.replaceAll((_, each) -> each.without(off));
        return new ScheduleSettings(
                times,
                schedule.onGap(),
                schedule.full(),
                values.size(KnownKey.SCHEDULE_VERIFY_BUDGET, cluster)
                        .orElse(ScheduleSettings.DEFAULT_VERIFY_BUDGET_BYTES),
                values.parsed(KnownKey.SCHEDULE_REPAIR, cluster, ScheduleValues::isAlways)
                        .orElse(true));
    }

    private Optional<Duration> onGap() {
        Function<String, Optional<Duration>> parser =
                text -> isNever(text) ? Optional.empty() : Optional.of(duration(text));
        return values.isSet(KnownKey.SCHEDULE_BACKUP_ON_GAP, cluster)
                ? values.parsed(KnownKey.SCHEDULE_BACKUP_ON_GAP, cluster, parser)
                        .flatMap(each -> each)
                : parser.apply(ScheduleSettings.DEFAULT_ON_GAP);
    }

    private static boolean isAlways(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "always" -> true;
            case NEVER -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    static boolean isNever(String text) {
        return text.strip().toLowerCase(Locale.ROOT).equals(NEVER);
    }

    private static Duration duration(String text) {
        return Durations.parse(text).orElseThrow(() -> new IllegalArgumentException(text));
    }

    private FullBackups full() {
        return values.isSet(KnownKey.SCHEDULE_FULL, cluster)
                ? of(KnownKey.SCHEDULE_FULL, NEVER)
                        .<FullBackups>map(FullBackups.AfterEach::new)
                        .orElse(new FullBackups.First())
                : new FullBackups.All();
    }

    private Optional<CronSchedule> of(KnownKey key, String defaultText) {
        Function<String, Optional<CronSchedule>> parser =
                text -> isNever(text) ? Optional.empty() : Optional.of(CronSchedule.parse(text, zone));
        return values.isSet(key, cluster)
                ? values.parsed(key, cluster, parser).flatMap(each -> each)
                : parser.apply(defaultText);
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text.strip());
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
