// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * A line of the list of bundles: an object that holds data of a backup. Immutable.
 *
 * @param bundle its number in the manifest, from 1
 * @param id the backup that it was stored for
 * @param number its number there, from 1
 * @param object the size and digest of the whole stored object
 * @param live the length of the data in it that this backup uses, in bytes
 */
public record BundleRef(int bundle, BackupId id, int number, StoredObject object, long live) {
    public BundleRef {
        IncarnationKeys.checkNumber(number);
        if (bundle < 1 || live < 0) {
            throw new IllegalArgumentException("not a bundle: " + bundle + ", " + live + " bytes of data");
        }
    }

    /** The line, its line feed included. */
    public byte[] encode() {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bundle", bundle);
        line.put("id", id.value());
        line.put("number", number);
        line.put("size", object.sizeBytes());
        line.put("sha256", object.sha256().hex());
        line.put("live", live);
        return JsonLine.write(line);
    }

    /**
     * The list of bundles of a backup, compared with the digest in its own header alone.
     *
     * @return empty if it is damaged; no bundles if there is no list
     */
    public static Optional<List<BundleRef>> listed(ObjectStore store, BackupKeys keys) throws IOException {
        try (InputStream list = ObjectDecoder.open(
                store,
                PrivateKeys.NONE,
                keys.bundles(),
                ContainerKind.BUNDLES,
                keys.id().value(),
                keys.system())) {
            return Optional.of(JsonLine.parseAll(list.readAllBytes(), BundleRef::parse));
        } catch (ObjectMissing e) {
            return Optional.of(List.of());
        } catch (DamagedObjectException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** @throws IllegalArgumentException if the line is not a bundle */
    static BundleRef parse(JsonObject line) {
        return new BundleRef(
                line.integer("bundle"),
                line.value("id", BackupId::new),
                line.integer("number"),
                new StoredObject(line.number("size"), line.value("sha256", Sha256::new)),
                line.number("live"));
    }
}
