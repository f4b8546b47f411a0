// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.NearestWord;

/** Finds the command that an unknown word was probably meant to be. Pure. */
public final class MeantCommand {
    /** Names used by Barman, pgBackRest and WAL-G that are not similar to ours, or similar to the wrong command. */
    private static final Map<String, String> OF_OTHER_PROGRAMS = Map.of(
            "info", "list-backup",
            "stanza-create", "init",
            "archive-push", "wal-push",
            "archive-get", "wal-fetch",
            "get-wal", "wal-fetch",
            "put-wal", "wal-push",
            "backup-push", "backup",
            "backup-fetch", "recover",
            "backup-list", "list-backup",
            "wal-show", "wal-list");

    private MeantCommand() {}

    /** Empty if no command is known or similar. */
    public static Optional<String> of(String word, Collection<String> commands) {
        return Optional.ofNullable(OF_OTHER_PROGRAMS.get(word)).or(() -> NearestWord.of(word, commands));
    }
}
