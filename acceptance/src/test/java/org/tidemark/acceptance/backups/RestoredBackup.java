// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.backups;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.TemporaryTree;

/** A backup that was recovered to its end, with its tablespaces beside it; removed when it is closed. */
record RestoredBackup(Path directory, Path tablespaces) implements AutoCloseable {
    /**
     * Recovers it.
     *
     * @param more words of the command line
     */
    static RestoredBackup of(TidemarkHost host, String id, String... more) {
        RestoredBackup restored = new RestoredBackup(
                host.directory().resolve("restored"), host.directory().resolve("spaces"));
        List<String> line = new ArrayList<>(List.of("recover", "--backup", id));
        line.addAll(List.of("--to", restored.directory().toString()));
        line.addAll(List.of("--tablespaces-below", restored.tablespaces().toString()));
        line.addAll(List.of("--target-immediate", "--target-action", "promote"));
        line.addAll(List.of(more));
        host.must(line.toArray(String[]::new));
        return restored;
    }

    @Override
    public void close() {
        TemporaryTree.delete(directory);
        TemporaryTree.delete(tablespaces);
    }
}
