// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.NearestWord;

/** Finds the command that an unknown word was probably meant to be. Pure. */
public final class MeantCommand {
    /** What Barman, pgBackRest and WAL-G call it, where the word alone would lead nowhere, or to another command. */
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

    /** Empty if none is known and none is near. */
    public static Optional<String> of(String word, Collection<String> commands) {
        return Optional.ofNullable(OF_OTHER_PROGRAMS.get(word)).or(() -> NearestWord.of(word, commands));
    }
}
