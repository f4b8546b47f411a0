// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.util.Context;
import com.azure.storage.blob.models.BlobDownloadHeaders;
import com.azure.storage.blob.models.BlobRange;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.models.DownloadRetryOptions;
import java.util.Arrays;
import java.util.Optional;
import org.tidemark.store.BodyChecksum;
import org.tidemark.store.HttpRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * Fetches ranges of objects, each whole and compared with the checksum that the service makes of it, so that a broken
 * connection is never taken for an end. Thread-safe.
 */
final class BlobReader {
    /** The most of which the service makes a checksum on request. */
    static final int MOST_BYTES = 4 * 1024 * 1024;

    private final Container container;
    private final Requests requests;
    private final AzureErrors errors;

    BlobReader(Container container, Requests requests, AzureErrors errors) {
        this.container = container;
        this.requests = requests;
        this.errors = errors;
    }

    /**
     * The bytes from {@code offset} on: as many as are wanted, or as there are.
     *
     * @param wanted 1 to {@value #MOST_BYTES}
     * @param etag of the content that is being read; empty for any
     * @param into filled with them
     * @return empty if the object ends before the offset
     */
    Optional<ChunkBuffer> read(ObjectKey key, long offset, int wanted, String etag, ChunkBuffer into)
            throws StorageException {
        into.expect(wanted);
        BlobRange range = new BlobRange(offset, (long) wanted);
        Optional<BlobDownloadHeaders> answer =
                requests.send(Operation.READ, key.value(), context -> download(key, range, etag, into, context));
        if (answer.isEmpty()) {
            return Optional.empty();
        }
        BlobDownloadHeaders headers = answer.get();
        if (into.count() == 0 && String.valueOf(headers.getContentRange()).endsWith("/0")) {
            // The service refuses a range of an empty object, as one behind the end; the emulator answers with it.
            return Optional.empty();
        }
        long objectBytes = size(key, headers.getContentRange(), offset, into.count());
        if (into.count() != Math.min(wanted, objectBytes - offset)) {
            throw errors.unavailable(
                    Operation.READ,
                    key.value(),
                    "received only " + into.count() + " of " + wanted + " bytes from " + offset);
        }
        byte[] md5 = headers.getContentMd5();
        if (md5 != null && !Arrays.equals(md5, BodyChecksum.md5(into.bytes(), into.count()))) {
            throw errors.checksumMismatch(Operation.READ, key.value());
        }
        into.isOf(objectBytes, String.valueOf(headers.getETag()));
        return Optional.of(into);
    }

    private Optional<BlobDownloadHeaders> download(
            ObjectKey key, BlobRange range, String etag, ChunkBuffer into, Context context) {
        BlobRequestConditions sameContent = new BlobRequestConditions().setIfMatch(etag.isEmpty() ? null : etag);
        DownloadRetryOptions once = new DownloadRetryOptions().setMaxRetryRequests(0);
        try {
            return Optional.of(container
                    .blob(key)
                    .downloadStreamWithResponse(into, range, once, sameContent, true, null, context)
                    .getDeserializedHeaders());
        } catch (BlobStorageException e) {
            if (AzureErrors.isBehindEnd(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private long size(ObjectKey key, String contentRange, long offset, int count) throws StorageException {
        return HttpRange.parse(contentRange)
                .filter(range -> range.first() == offset && range.last() == offset + count - 1)
                .orElseThrow(() -> errors.unavailable(
                        Operation.READ,
                        key.value(),
                        "received " + count + " bytes from " + offset + ", but the answer says '" + contentRange + "'"))
                .objectBytes();
    }
}
