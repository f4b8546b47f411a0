// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.EffectiveSettings;
import org.tidemark.postgres.EffectiveSettings.UncertainSettingException;

/**
 * What the PostgreSQL that asks for a file is doing, and whether it can get by without the archive. Immutable.
 *
 * @param dataDirectory of that server
 * @param environment of the command, and so of PostgreSQL
 */
record CallingServer(Path dataDirectory, Map<String, String> environment) {

    boolean isStandby() {
        return has("standby.signal");
    }

    /** After recovery has ended PostgreSQL asks for the history of its timeline once more, to continue it. */
    boolean asksForTheLastTime(WalFile file) {
        return file instanceof WalFile.TimelineHistoryFile && !isStandby() && !has("recovery.signal");
    }

    /** As in {@link org.tidemark.archiver.Recovery}. */
    Optional<BooleanSupplier> alternativeTo(WalFile file) {
        if (isStandby()) {
            return Optional.of(this::streams);
        }
        // PostgreSQL reads what is in pg_wal where the archive does not give it.
        return asksForTheLastTime(file) && has("pg_wal/" + file.name()) ? Optional.of(() -> true) : Optional.empty();
    }

    /** Where that cannot be told, the archive counts as the only way. */
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
