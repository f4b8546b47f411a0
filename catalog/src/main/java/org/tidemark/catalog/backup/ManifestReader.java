// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.format.ObjectDecoder.ReusedArrays;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Reads the manifest of a backup entry by entry, in the order of paths. A part is verified whole before its first entry
 * is given; one part is in memory at a time. Not thread-safe.
 */
public final class ManifestReader {
    private final ObjectStore store;
    private final PrivateKeys privateKeys;
    private final BaseBackup backup;
    private final List<ObjectName.ManifestPart> names;
    private Iterator<ManifestEntry> entries = List.<ManifestEntry>of().iterator();
    private Optional<String> previous = Optional.empty();
    private final ReusedArrays arrays = new ReusedArrays();
    private ObjectKey key;
    private int plainBytes;
    private int parts;
    private long files;
    private long bytes;

    public ManifestReader(ObjectStore store, PrivateKeys privateKeys, BaseBackup backup) {
        this.store = store;
        this.privateKeys = privateKeys;
        this.backup = backup;
        this.names = backup.manifestParts();
        this.key = backup.keys().backup();
    }

    /**
     * The next entry; empty after the last one, and only if all together have as many files and bytes as
     * {@code backup.json} says.
     *
     * @throws DamagedObjectException if a part is damaged, or the entries are out of order
     */
    public Optional<ManifestEntry> next() throws IOException {
        while (!entries.hasNext()) {
            if (parts == backup.objects().manifestParts().size()) {
                checkComplete();
                return Optional.empty();
            }
            entries = read(parts);
            parts++;
        }
        ManifestEntry entry = next(entries);
        if (previous.isPresent() && ManifestEntry.PATH_ORDER.compare(previous.get(), entry.path()) >= 0) {
            throw new DamagedObjectException(key, "'" + entry.path() + "' comes after '" + previous.get() + "'");
        }
        previous = Optional.of(entry.path());
        if (entry instanceof FileEntry file) {
            files++;
            bytes += file.size();
        }
        return Optional.of(entry);
    }

    /**
     * The entries that have one of these paths, by path. Only those parts are read that can have one.
     *
     * @throws DamagedObjectException if one of them is damaged
     */
    public Map<String, ManifestEntry> find(Set<String> paths) throws IOException {
        Map<String, ManifestEntry> found = new HashMap<>();
        List<ManifestPart> all = backup.objects().manifestParts();
        for (int i = 0; i < all.size(); i++) {
            String first = all.get(i).first();
            Optional<String> next =
                    i + 1 < all.size() ? Optional.of(all.get(i + 1).first()) : Optional.empty();
            boolean wanted = paths.stream()
                    .anyMatch(path -> ManifestEntry.PATH_ORDER.compare(path, first) >= 0
                            && (next.isEmpty() || ManifestEntry.PATH_ORDER.compare(path, next.get()) < 0));
            if (wanted) {
                Iterator<ManifestEntry> ofPart = read(i);
                while (ofPart.hasNext()) {
                    ManifestEntry entry = next(ofPart);
                    if (paths.contains(entry.path())) {
                        found.put(entry.path(), entry);
                    }
                }
            }
        }
        return found;
    }

    /** The manifest part that the last entry came from. */
    public ObjectKey part() {
        return key;
    }

    /** The SHA-256 of the text of this part, whichever way it is stored. */
    public Sha256 textDigest() {
        MessageDigest digest = Sha256.newDigest();
        digest.update(arrays.plain(), 0, plainBytes);
        return Sha256.finish(digest);
    }

    /** @param number from 0, in the order of the parts */
    private Iterator<ManifestEntry> read(int number) throws IOException {
        ManifestPart part = backup.objects().manifestParts().get(number);
        ObjectName.ManifestPart name = names.get(number);
        key = name.key();
        plainBytes = ObjectDecoder.readWhole(
                store,
                privateKeys,
                key,
                part.object(),
                ContainerKind.MANIFEST,
                name.keys().numbered(name.number()),
                name.keys().system(),
                arrays);
        Iterator<ManifestEntry> first = lines(plainBytes);
        if (!first.hasNext() || !next(first).path().equals(part.first())) {
            throw new DamagedObjectException(key, "its first path is not '" + part.first() + "'");
        }
        return lines(plainBytes);
    }

    private Iterator<ManifestEntry> lines(int size) {
        int pageSize = backup.origin().pageSize();
        return JsonLine.lines(arrays.plain(), size, line -> ManifestLine.parse(line, pageSize));
    }

    private ManifestEntry next(Iterator<ManifestEntry> ofPart) throws DamagedObjectException {
        try {
            return ofPart.next();
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private void checkComplete() throws DamagedObjectException {
        if (files != backup.contents().files() || bytes != backup.contents().dataSizeBytes()) {
            throw new DamagedObjectException(
                    backup.keys().backup(),
                    "the manifest has " + files + " files and " + bytes + " bytes, but its last line says "
                            + backup.contents().files() + " files and "
                            + backup.contents().dataSizeBytes() + " bytes that it says");
        }
    }
}
