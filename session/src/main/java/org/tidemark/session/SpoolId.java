// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.SpoolHint;
import org.tidemark.core.SpoolPart;

/** The id of a host's spool, which tells it from other hosts: two may have the same name. */
public final class SpoolId {
    private SpoolId() {}

    /** The id that is stored in a spool; it is made at the first call. Another one each time if it cannot be stored. */
    public static UUID of(Path spool) {
        SpoolHint id = new SpoolHint(spool, SpoolPart.CRON, "id");
        Optional<UUID> known = read(id);
        if (known.isPresent()) {
            return known.get();
        }
        UUID random = UUID.randomUUID();
        try {
            SpoolDirectory.make(spool);
        } catch (IOException e) {
            // Nothing is stored then.
        }
        id.write(random.toString());
        return read(id).orElse(random);
    }

    private static Optional<UUID> read(SpoolHint id) {
        try {
            return id.read().map(UUID::fromString);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
