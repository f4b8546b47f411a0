// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Lists a bucket. Objects whose names are not keys are left out. Thread-safe. */
final class S3Listing {
    private final String bucket;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Errors errors;

    S3Listing(String bucket, S3Clients clients, BoundedCall calls, S3Errors errors) {
        this.bucket = bucket;
        this.clients = clients;
        this.calls = calls;
        this.errors = errors;
    }

    ObjectPage page(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        List<ObjectInfo> objects = new ArrayList<>();
        String last = after.isPresent() ? after.get().value() : null;
        // The token is used only if a page has no key that the next page can start after.
        String token = null;
        try {
            while (true) {
                ListObjectsV2Response answer = ask(ListObjectsV2Request.builder()
                        .bucket(bucket)
                        .prefix(prefix.isEmpty() ? null : prefix)
                        .startAfter(token == null ? last : null)
                        .continuationToken(token)
                        .maxKeys(limit - objects.size())
                        .build());
                for (S3Object object : answer.contents()) {
                    if (ObjectKey.isKey(object.key())) {
                        requireAfter(last, object.key());
                        objects.add(info(object));
                    }
                    last = object.key();
                }
                boolean more = answer.isTruncated();
                token = more && answer.contents().isEmpty() ? tokenOf(answer, token) : null;
                if (!more || objects.size() >= limit) {
                    return new ObjectPage(objects, more);
                }
            }
        } catch (Exception e) {
            throw errors.of(Operation.LIST, prefix, e);
        }
    }

    /**
     * Without this check, a server that starts again would cause an endless loop, and an unordered listing would hide
     * objects.
     */
    private void requireAfter(@Nullable String last, String key) throws StorageDenied {
        if (last != null && ObjectKey.isKey(last) && key.compareTo(last) <= 0) {
            throw errors.denied(
                    Operation.LIST,
                    "",
                    "the server names '" + key + "' after '" + last
                            + "' (expected keys in order, and only those after the requested one)");
        }
    }

    /** A page may be empty although more follows, because its objects were deleted. */
    private String tokenOf(ListObjectsV2Response answer, @Nullable String last) throws StorageUnavailable {
        String next = answer.nextContinuationToken();
        if (next == null || next.equals(last)) {
            throw errors.unavailable(
                    Operation.LIST, "", "the answer says that more keys follow, but has no token for the next page");
        }
        return next;
    }

    /** In whole seconds, as in the headers of a single object. */
    private static ObjectInfo info(S3Object object) {
        return new ObjectInfo(
                new ObjectKey(object.key()),
                object.size(),
                object.lastModified().truncatedTo(ChronoUnit.SECONDS));
    }

    /** Requests one object of the bucket, which may be empty. */
    ListObjectsV2Response first() throws Exception {
        return ask(ListObjectsV2Request.builder().bucket(bucket).maxKeys(1).build());
    }

    private ListObjectsV2Response ask(ListObjectsV2Request request) throws Exception {
        ListObjectsV2Response answer = calls.run(() -> clients.any().listObjectsV2(request));
        if (answer.isTruncated() == null) {
            // The answer of a captive portal has no objects either.
            throw errors.unavailable(Operation.LIST, "", "the answer is not a listing");
        }
        return answer;
    }
}
