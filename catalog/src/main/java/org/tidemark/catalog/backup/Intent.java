// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Lsn;
import org.tidemark.store.ObjectKey;

/**
 * The content of {@code intent.json}: which host claims a backup id, and what the backup will need before it exists.
 * Immutable.
 *
 * @param nonce 32 random digits: whose nonce is stored, owns the id
 * @param host where the backup is taken
 * @param walFrom the backup needs no WAL before this position; empty if PostgreSQL could not be asked
 * @param parents the backups, or attempts that never became one, whose bundles it may refer to
 */
public record Intent(
        BackupId id, String nonce, String host, Instant started, Optional<Lsn> walFrom, List<BackupId> parents) {
    /**
     * A backup is published within this time after its intent.json was stored, by the clock of the store, or never. The
     * objects of an older backup that is not published can therefore be deleted.
     */
    public static final Duration PUBLICATION_LIMIT = Duration.ofDays(6);

    public Intent {
        parents = List.copyOf(parents);
    }

    /** The document that is stored. */
    public byte[] encode() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", id.value());
        members.put("nonce", nonce);
        members.put("host", host);
        members.put("started", started.toString());
        walFrom.ifPresent(lsn -> members.put("walFrom", lsn.toString()));
        if (!parents.isEmpty()) {
            members.put("parents", parents.stream().map(BackupId::value).toList());
        }
        return ChecksummedJson.write(members);
    }

    /** Reads a document. */
    public static Intent decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        JsonObject json = ChecksummedJson.read(document, key);
        try {
            return new Intent(
                    json.value("id", BackupId::new),
                    json.text("nonce"),
                    json.text("host"),
                    json.value("started", Instant::parse),
                    json.optionalText("walFrom").map(Lsn::parse),
                    json.has("parents")
                            ? json.texts("parents").stream().map(BackupId::new).toList()
                            : List.of());
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }
}
