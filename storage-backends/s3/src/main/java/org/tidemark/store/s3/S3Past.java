// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreErrors.Failure;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.DeleteMarkerEntry;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/**
 * The objects of a bucket with versions as they were at a moment: of each key the newest version of that time, unless a
 * delete marker of that time is newer. Times are those of the server, on some in whole seconds: what happened within
 * the moment's own second counts as having happened before it, and of a version and a marker of one second the version
 * counts, unless the marker is the latest of all. Thread-safe.
 */
final class S3Past {
    /** Several versions of each key may be in a page. */
    private static final int MAX_ENTRIES = 1_000;

    private static final int MIN_ENTRIES = 20;

    private final String bucket;
    private final Instant moment;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Errors errors;
    /** Whether the bucket is known to keep versions, or does not tell. */
    private volatile boolean isVersioned;

    S3Past(String bucket, Instant moment, S3Clients clients, BoundedCall calls, S3Errors errors) {
        this.bucket = bucket;
        this.moment = moment;
        this.clients = clients;
        this.calls = calls;
        this.errors = errors;
    }

    /** A version that an object had at the moment. */
    record Version(ObjectInfo info, String id) {}

    /** Where a page begins. Immutable; both are null for the first one. */
    private record Place(@Nullable String key, @Nullable String version) {
        static final Place START = new Place(null, null);
    }

    /** Empty if the object did not exist at the moment. */
    Optional<Version> find(Operation operation, ObjectKey key) throws StorageException {
        State state = new State();
        Place place = Place.START;
        while (true) {
            ListObjectVersionsResponse page = ask(operation, key.value(), place, MIN_ENTRIES);
            boolean isPast = false;
            for (ObjectVersion version : page.versions()) {
                if (version.key().equals(key.value())) {
                    state.add(version);
                } else {
                    isPast = true;
                }
            }
            for (DeleteMarkerEntry marker : page.deleteMarkers()) {
                if (marker.key().equals(key.value())) {
                    state.add(marker);
                } else {
                    isPast = true;
                }
            }
            // Keys are in order, so every other key is a longer one.
            if (isPast || !page.isTruncated()) {
                return state.version();
            }
            place = next(key.value(), page, place);
        }
    }

    ObjectPage page(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        String last = after.map(ObjectKey::value).orElse("");
        if (!last.startsWith(prefix) && last.compareTo(prefix) > 0) {
            return new ObjectPage(List.of(), false);
        }
        List<ObjectInfo> found = new ArrayList<>();
        TreeMap<String, State> open = new TreeMap<>();
        Place place = last.isEmpty() || !last.startsWith(prefix) ? Place.START : new Place(last, null);
        while (true) {
            ListObjectVersionsResponse page =
                    ask(Operation.LIST, prefix, place, Math.clamp(2L * limit, MIN_ENTRIES, MAX_ENTRIES));
            for (ObjectVersion version : page.versions()) {
                open.computeIfAbsent(version.key(), _ -> new State()).add(version);
            }
            for (DeleteMarkerEntry marker : page.deleteMarkers()) {
                open.computeIfAbsent(marker.key(), _ -> new State()).add(marker);
            }
            boolean more = page.isTruncated();
            // More versions of the last key may be on the next page.
            while (open.size() > (more ? 1 : 0)) {
                Map.Entry<String, State> first = Objects.requireNonNull(open.pollFirstEntry());
                if (first.getKey().compareTo(last) <= 0 || !ObjectKey.isKey(first.getKey())) {
                    continue;
                }
                Optional<Version> version = first.getValue().version();
                if (version.isPresent()) {
                    if (found.size() == limit) {
                        return new ObjectPage(found, true);
                    }
                    found.add(version.get().info());
                }
            }
            if (!more) {
                return new ObjectPage(found, false);
            }
            place = next(prefix, page, place);
        }
    }

    /** A server that begins again would cause an endless loop. */
    private Place next(String prefix, ListObjectVersionsResponse page, Place before) throws StorageException {
        Place next = new Place(page.nextKeyMarker(), page.nextVersionIdMarker());
        if (next.key() == null || next.equals(before)) {
            throw errors.unavailable(
                    Operation.LIST, prefix, "the answer says that more versions follow, but not where");
        }
        return next;
    }

    /**
     * Once in each process: where the bucket keeps no versions, what was deleted or replaced looks as if it had never
     * been there.
     */
    private void requireVersions(Operation operation, String prefix) throws StorageException {
        if (isVersioned) {
            return;
        }
        BucketVersioningStatus status;
        try {
            status = calls.run(() -> clients.any().getBucketVersioning(all -> all.bucket(bucket)))
                    .status();
        } catch (AwsServiceException e) {
            if (e.statusCode() == 403) {
                // The remarks say that this could not be read.
                isVersioned = true;
                return;
            }
            throw errors.of(operation, prefix, e);
        } catch (Exception e) {
            throw errors.of(operation, prefix, e);
        }
        if (status != BucketVersioningStatus.ENABLED) {
            throw errors.of(
                    operation,
                    prefix,
                    Failure.denied("the bucket keeps no versions, so the past cannot be read: what was deleted or"
                                    + " replaced is gone")
                            .hint("Remove the option as-of of this repository."));
        }
        isVersioned = true;
    }

    private ListObjectVersionsResponse ask(Operation operation, String prefix, Place place, int maxEntries)
            throws StorageException {
        requireVersions(operation, prefix);
        ListObjectVersionsResponse answer;
        try {
            answer = calls.run(() -> clients.any()
                    .listObjectVersions(all -> all.bucket(bucket)
                            .prefix(prefix.isEmpty() ? null : prefix)
                            .keyMarker(place.key())
                            .versionIdMarker(place.version())
                            .maxKeys(maxEntries)));
        } catch (AwsServiceException e) {
            if (e.statusCode() == 403) {
                throw errors.of(
                        operation,
                        prefix,
                        Failure.denied("the versions of the objects could not be listed: " + S3Errors.text(e))
                                .hint("Reading the past needs the rights s3:ListBucketVersions and"
                                        + " s3:GetObjectVersion.")
                                .cause(e));
            }
            throw errors.of(operation, prefix, e);
        } catch (Exception e) {
            throw errors.of(operation, prefix, e);
        }
        if (answer.isTruncated() == null) {
            throw errors.unavailable(operation, prefix, "the answer is not a listing of versions");
        }
        return answer;
    }

    /** What is known of one key at the moment. Not thread-safe. */
    private final class State {
        private @Nullable ObjectVersion newest;
        private Instant deleted = Instant.MIN;
        private boolean isMarkerLatest;

        /** Of versions of the same second, the server lists the newest first. */
        void add(ObjectVersion version) {
            boolean counts = !version.lastModified().isAfter(moment)
                    && (newest == null || version.lastModified().isAfter(newest.lastModified()));
            newest = counts ? version : newest;
        }

        void add(DeleteMarkerEntry marker) {
            boolean counts = !marker.lastModified().isAfter(moment)
                    && marker.lastModified().isAfter(deleted);
            deleted = counts ? marker.lastModified() : deleted;
            isMarkerLatest |= counts && Boolean.TRUE.equals(marker.isLatest());
        }

        Optional<Version> version() {
            ObjectVersion version = newest;
            if (version == null
                    || deleted.isAfter(version.lastModified())
                    || (isMarkerLatest && deleted.equals(version.lastModified()))) {
                return Optional.empty();
            }
            ObjectInfo info = new ObjectInfo(
                    new ObjectKey(version.key()),
                    version.size(),
                    version.lastModified().truncatedTo(ChronoUnit.SECONDS));
            return Optional.of(new Version(info, version.versionId()));
        }
    }
}
