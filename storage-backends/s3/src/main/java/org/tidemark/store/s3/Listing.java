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

/** Lists a bucket. Objects that somebody else put there, under names that are no keys, are left out. Thread-safe. */
final class Listing {
    private final String bucket;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Errors errors;

    Listing(String bucket, S3Clients clients, BoundedCall calls, S3Errors errors) {
        this.bucket = bucket;
        this.clients = clients;
        this.calls = calls;
        this.errors = errors;
    }

    ObjectPage page(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        List<ObjectInfo> objects = new ArrayList<>();
        String behind = after.isPresent() ? after.get().value() : null;
        // Only where a page holds nothing by which the next could begin.
        String token = null;
        try {
            while (true) {
                ListObjectsV2Response answer = ask(ListObjectsV2Request.builder()
                        .bucket(bucket)
                        .prefix(prefix.isEmpty() ? null : prefix)
                        .startAfter(token == null ? behind : null)
                        .continuationToken(token)
                        .maxKeys(limit - objects.size())
                        .build());
                for (S3Object object : answer.contents()) {
                    if (ObjectKey.isKey(object.key())) {
                        requireBehind(behind, object.key());
                        objects.add(info(object));
                    }
                    behind = object.key();
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

    /** A server that begins anew would be asked for ever, and one without order would hide what it has. */
    private void requireBehind(@Nullable String last, String key) throws StorageDenied {
        if (last != null && ObjectKey.isKey(last) && key.compareTo(last) <= 0) {
            throw errors.denied(
                    Operation.LIST,
                    "",
                    "the server names '" + key + "' after '" + last
                            + "' (expected keys in order, and only those after the requested one)");
        }
    }

    /** A page may be empty although more follows: what was deleted stood there. */
    private String tokenOf(ListObjectsV2Response answer, @Nullable String last) throws StorageUnavailable {
        String next = answer.nextContinuationToken();
        if (next == null || next.equals(last)) {
            throw errors.unavailable(
                    Operation.LIST, "", "the answer says that more keys follow, but has no token for the next page");
        }
        return next;
    }

    /** With whole seconds, because no more fits into the headers by which a single object is described. */
    private static ObjectInfo info(S3Object object) {
        return new ObjectInfo(
                new ObjectKey(object.key()),
                object.size(),
                object.lastModified().truncatedTo(ChronoUnit.SECONDS));
    }

    /** Asks for one object of the bucket: whether there is any does not matter. */
    ListObjectsV2Response first() throws Exception {
        return ask(ListObjectsV2Request.builder().bucket(bucket).maxKeys(1).build());
    }

    private ListObjectsV2Response ask(ListObjectsV2Request request) throws Exception {
        ListObjectsV2Response answer = calls.run(() -> clients.any().listObjectsV2(request));
        if (answer.isTruncated() == null) {
            // The answer of a portal on the way has no objects either.
            throw errors.unavailable(Operation.LIST, "", "the answer is not a listing");
        }
        return answer;
    }
}
