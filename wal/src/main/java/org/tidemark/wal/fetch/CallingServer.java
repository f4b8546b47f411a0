// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.fetch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.EffectiveSettings;
import org.tidemark.postgres.EffectiveSettings.UncertainSettingException;

/**
 * The state of the PostgreSQL server that asks for a file, and whether it can do without the archive. Immutable.
 *
 * @param dataDirectory of that server
 * @param environment of the command, inherited from PostgreSQL
 */
public record CallingServer(Path dataDirectory, Map<String, String> environment) {

    public boolean isStandby() {
        return has("standby.signal");
    }

    /** At the end of recovery PostgreSQL asks for the history of its timeline again, to extend it. */
    public boolean asksForTheLastTime(WalFile file) {
        return file instanceof WalFile.TimelineHistoryFile && !isStandby() && !has("recovery.signal");
    }

    /** As in {@link org.tidemark.archiver.fetch.Recovery}. */
    Optional<BooleanSupplier> alternativeTo(WalFile file) {
        if (isStandby()) {
            return Optional.of(this::streams);
        }
        // PostgreSQL falls back to pg_wal if the archive does not have the file.
        return asksForTheLastTime(file) && has("pg_wal/" + file.name()) ? Optional.of(() -> true) : Optional.empty();
    }

    /** If that is unknown, the archive counts as the only source. */
    private boolean streams() {
        try {
            return new EffectiveSettings(dataDirectory, environment)
                    .valueAsWritten("primary_conninfo")
                    .filter(value -> !value.isBlank())
                    .isPresent();
        } catch (UncertainSettingException e) {
            return false;
        }
    }

    private boolean has(String file) {
        return Files.exists(dataDirectory.resolve(file));
    }
}
