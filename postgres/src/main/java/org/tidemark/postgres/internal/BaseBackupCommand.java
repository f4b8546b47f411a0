// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.postgres.BaseBackupOptions;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;

/**
 * The text of BASE_BACKUP in both of its grammars (PostgreSQL: src/backend/replication/repl_gram.y of 14 and of 15).
 */
final class BaseBackupCommand {
    private static final int FIRST_WITH_OPTION_LIST = 150_000;

    private BaseBackupCommand() {}

    /** Whether this server accepts an option list in parentheses and sends all archives in one copy. */
    static boolean hasOptionList(int serverVersionNum) {
        return serverVersionNum >= FIRST_WITH_OPTION_LIST;
    }

    static String text(BaseBackupOptions options, int serverVersionNum) {
        String label = "LABEL '" + options.label().replace("'", "''") + "'";
        return hasOptionList(serverVersionNum) ? optionList(options, label) : wordList(options, label);
    }

    private static String optionList(BaseBackupOptions options, String label) {
        List<String> words = new ArrayList<>(List.of(
                label,
                "PROGRESS",
                options.checkpoint() == Checkpoint.FAST ? "CHECKPOINT 'fast'" : "CHECKPOINT 'spread'",
                "WAIT false",
                "TABLESPACE_MAP",
                "MANIFEST 'yes'",
                "MANIFEST_CHECKSUMS 'CRC32C'"));
        options.maxRateKib().ifPresent(rate -> words.add("MAX_RATE " + rate));
        return "BASE_BACKUP (" + String.join(", ", words) + ")";
    }

    private static String wordList(BaseBackupOptions options, String label) {
        List<String> words = new ArrayList<>(List.of(label, "PROGRESS"));
        if (options.checkpoint() == Checkpoint.FAST) {
            words.add("FAST");
        }
        words.add("NOWAIT");
        options.maxRateKib().ifPresent(rate -> words.add("MAX_RATE " + rate));
        words.addAll(List.of("TABLESPACE_MAP", "MANIFEST 'yes'", "MANIFEST_CHECKSUMS 'CRC32C'"));
        return "BASE_BACKUP " + String.join(" ", words);
    }
}
