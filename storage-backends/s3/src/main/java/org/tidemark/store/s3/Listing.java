// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.StorageException;
import org.tidemark.store.s3.S3Errors.Doing;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Lists a bucket. Objects that somebody else put there, under names that are no keys, are left out. Thread-safe. */
final class Listing {
    private final String bucket;
    private final S3Clients clients;
    private final BoundedCalls calls;
    private final S3Errors errors;

    Listing(String bucket, S3Clients clients, BoundedCalls calls, S3Errors errors) {
        this.bucket = bucket;
        this.clients = clients;
        this.calls = calls;
        this.errors = errors;
    }

    ObjectPage page(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        List<ObjectInfo> objects = new ArrayList<>();
        String behind = after.isPresent() ? after.get().value() : null;
        try {
            while (true) {
                ListObjectsV2Response answer = ask(ListObjectsV2Request.builder()
                        .bucket(bucket)
                        .prefix(prefix.isEmpty() ? null : prefix)
                        .startAfter(behind)
                        .maxKeys(limit - objects.size())
                        .build());
                for (S3Object object : answer.contents()) {
                    behind = object.key();
                    if (ObjectKey.isKey(object.key())) {
                        objects.add(info(object));
                    }
                }
                boolean more = Boolean.TRUE.equals(answer.isTruncated())
                        && !answer.contents().isEmpty();
                if (!more || objects.size() >= limit) {
                    return new ObjectPage(objects, more);
                }
            }
        } catch (Exception e) {
            throw errors.of(Doing.LIST, prefix, e);
        }
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
        return calls.run(null, () -> clients.any().listObjectsV2(request));
    }
}
