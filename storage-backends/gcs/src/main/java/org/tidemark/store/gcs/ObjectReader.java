// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.ReadChannel;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.Storage.BlobSourceOption;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.gcs.Lookup.Found;

/** Reads objects: looks up the size first, and then fetches bytes of that very generation. Thread-safe. */
final class ObjectReader {
    private final GcsConfig config;
    private final Client client;
    private final Requests requests;
    private final GcsErrors errors;
    private final Lookup lookup;

    ObjectReader(GcsConfig config, Client client, Requests requests, GcsErrors errors, Lookup lookup) {
        this.config = config;
        this.client = client;
        this.requests = requests;
        this.errors = errors;
        this.lookup = lookup;
    }

    InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        Found found = lookup.find(Operation.READ, key).orElseThrow(() -> errors.missing(key));
        long size = found.info().sizeBytes();
        if (range.offset() >= size) {
            return InputStream.nullInputStream();
        }
        long rest = size - range.offset();
        long count = range.length() == ByteRange.TO_END ? rest : Math.min(rest, range.length());
        long end = range.offset() + count;
        return new RangeStream(requests, errors, found, range.offset(), end, () -> channel(found, range.offset(), end));
    }

    private ReadChannel channel(Found found, long begin, long end) throws Exception {
        BlobId id = BlobId.of(config.address().bucket(), found.info().key().value(), found.generation());
        ReadChannel channel = client.storage().reader(id, options());
        // It would read ahead into a buffer of its own.
        channel.setChunkSize(0);
        channel.seek(begin);
        return channel.limit(end);
    }

    private BlobSourceOption[] options() {
        List<BlobSourceOption> options = new ArrayList<>(List.of(BlobSourceOption.shouldReturnRawInputStream(true)));
        config.userProject().map(BlobSourceOption::userProject).ifPresent(options::add);
        config.settings()
                .customerKey()
                .map(key -> BlobSourceOption.decryptionKey(key.value()))
                .ifPresent(options::add);
        return options.toArray(BlobSourceOption[]::new);
    }
}
