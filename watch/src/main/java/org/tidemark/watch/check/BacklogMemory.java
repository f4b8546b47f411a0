// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SpoolHint;
import org.tidemark.core.SpoolPart;
import org.tidemark.watch.check.ReadyFiles.Trend;

/**
 * The number of files that waited to be archived at the last {@code check}: a hint in the spool, see
 * docs/design/spool.md. A failure to read or write it is not an error.
 */
final class BacklogMemory {
    /** Two checks within this time count as one. */
    private static final Duration APART = Duration.ofSeconds(30);

    private final SpoolHint hint;
    private final Clock clock;

    /** Whose number it is: checks at another pace would compare over another time. */
    enum Kept {
        OF_CHECK(SpoolPart.CHECK, ""),
        OF_SERVE(SpoolPart.SERVED, "waiting/");

        private final SpoolPart part;
        private final String folder;

        Kept(SpoolPart part, String folder) {
            this.part = part;
            this.folder = folder;
        }
    }

    BacklogMemory(Path spool, Kept kept, ClusterName cluster, Clock clock) {
        this.hint = new SpoolHint(spool, kept.part, kept.folder + cluster.value());
        this.clock = clock;
    }

    private record Earlier(long count, Instant at) {}

    /** Compares with the last check, and stores the present number. */
    Trend compare(long count) {
        Optional<Earlier> earlier = read();
        boolean justNow = earlier.isPresent()
                && Duration.between(earlier.get().at(), clock.instant()).abs().compareTo(APART) < 0;
        if (!justNow && (count > 0 || earlier.isPresent())) {
            write(count);
        }
        return earlier.map(each -> Long.compare(count, each.count()))
                .map(change -> change > 0 ? Trend.GROWING : change < 0 ? Trend.SHRINKING : Trend.UNKNOWN)
                .orElse(Trend.UNKNOWN);
    }

    private Optional<Earlier> read() {
        try {
            String[] words = hint.read().orElse("").split(" ", -1);
            return words.length == 2
                    ? Optional.of(new Earlier(Long.parseLong(words[0]), Instant.ofEpochMilli(Long.parseLong(words[1]))))
                    : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private void write(long count) {
        hint.write(count + " " + clock.instant().toEpochMilli());
    }
}
