// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.fetch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.RecoveryTarget.Kind;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.EffectiveSettings;
import org.tidemark.postgres.EffectiveSettings.UncertainSettingException;
import org.tidemark.postgres.wal.WalFacts;

/**
 * The time, the position or the restore point at which the calling PostgreSQL was started to end its recovery.
 * Immutable.
 *
 * @param dataDirectory in recovery
 * @param environment of the command, inherited from PostgreSQL
 */
record RecoveryEnd(Path dataDirectory, Map<String, String> environment) {
    /** As PostgreSQL reads it in any time zone: with an offset of its own. */
    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm:ss")
            .optionalStart()
            .appendFraction(ChronoField.MICRO_OF_SECOND, 0, 6, true)
            .optionalEnd()
            .appendPattern("[XXX][X]")
            .toFormatter(Locale.ROOT);

    private static final String BACKUP_LABEL = "backup_label";

    private static final Set<String> OFF = Set.of("off", "false", "no", "0");
    private static final Set<String> ON = Set.of("on", "true", "yes", "1");

    /**
     * As far as a file tells whether the recovery ends in it.
     *
     * @param named by restore_command; nothing is read for another kind
     */
    RecoveryTarget target(Kind named, WalFile file, ControlFile control) {
        RecoveryTarget target = target(named);
        return file instanceof WalFile.Segment segment && target instanceof RecoveryTarget.AtRestorePoint
                ? WalFacts.within(segment, control.walSegmentSize(), target, begin(control))
                : target;
    }

    /** Where the replay begins; past everything if that is not known. */
    private Lsn begin(ControlFile control) {
        try {
            Path label = dataDirectory.resolve(BACKUP_LABEL);
            return BackupLabel.parse(Files.readString(label, StandardCharsets.ISO_8859_1), BACKUP_LABEL)
                    .start();
        } catch (NoSuchFileException e) {
            return control.checkpoint().redo();
        } catch (IOException e) {
            return new Lsn(Long.MAX_VALUE);
        }
    }

    /** @param named by restore_command; nothing is read for another kind */
    RecoveryTarget target(Kind named) {
        if (named != Kind.TIME && named != Kind.LSN && named != Kind.NAME) {
            return new RecoveryTarget.Latest();
        }
        try {
            EffectiveSettings settings = new EffectiveSettings(dataDirectory, environment);
            Optional<String> value = settings.value(named.setting());
            Optional<Bound> bound =
                    bound(settings.value("recovery_target_inclusive").orElse("on"));
            if (value.isEmpty() || bound.isEmpty()) {
                return new RecoveryTarget.Latest();
            }
            return switch (named) {
                case LSN -> new RecoveryTarget.AtLsn(Lsn.parse(value.get()), bound.get());
                case TIME -> new RecoveryTarget.AtTime(time(value.get()), bound.get());
                default -> new RecoveryTarget.AtRestorePoint(value.get());
            };
        } catch (UncertainSettingException | IllegalArgumentException | DateTimeException e) {
            return new RecoveryTarget.Latest();
        }
    }

    private static Optional<Bound> bound(String inclusive) {
        String word = inclusive.toLowerCase(Locale.ROOT);
        return ON.contains(word)
                ? Optional.of(Bound.INCLUSIVE)
                : OFF.contains(word) ? Optional.of(Bound.EXCLUSIVE) : Optional.empty();
    }

    private static Instant time(String text) {
        return OffsetDateTime.parse(text, TIME).toInstant();
    }
}
