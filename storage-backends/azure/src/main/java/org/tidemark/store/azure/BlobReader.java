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
 * Reads ranges of objects. Each range is read completely and compared with the service's checksum, so a broken
 * connection never counts as the end of an object. Thread-safe.
 */
final class BlobReader {
    /** The maximum range for which the service calculates a checksum. */
    static final int MAX_BYTES = 4 * 1024 * 1024;

    private final AzureContainer container;
    private final AzureRequests requests;
    private final AzureErrors errors;

    BlobReader(AzureContainer container, AzureRequests requests, AzureErrors errors) {
        this.container = container;
        this.requests = requests;
        this.errors = errors;
    }

    /**
     * Reads the wanted number of bytes from {@code offset} on, or the bytes until the end of the object.
     *
     * @param wanted 1 to {@value #MAX_BYTES}
     * @param etag of the expected content; empty for any content
     * @param into receives the bytes
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
            // The service refuses a range of an empty object like a range after the end; the emulator returns it.
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
            if (AzureErrors.isAfterEnd(e)) {
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
