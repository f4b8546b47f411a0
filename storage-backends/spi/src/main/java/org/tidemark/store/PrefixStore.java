// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The objects of another store whose keys begin with a prefix, which the keys of this store lack. Thread-safe. */
public final class PrefixStore extends DelegatingStore {
    private final ObjectStore store;
    private final String prefix;

    /** @param prefix complete parts, each followed by a slash, such as {@code "prod/"} */
    public PrefixStore(ObjectStore store, String prefix) {
        super(store);
        if (!prefix.endsWith("/") || !ObjectKey.isKey(prefix + "x")) {
            throw new IllegalArgumentException(
                    "not a prefix of keys: '" + prefix + "' (expected parts that each end with a slash)");
        }
        this.store = store;
        this.prefix = prefix;
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        store.putIfAbsent(full(key), source);
    }

    @Override
    public void requireWritable(ObjectKey key) throws StorageException {
        store.requireWritable(full(key));
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return store.open(full(key), range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return store.stat(full(key)).map(this::shortened);
    }

    @Override
    public ObjectPage list(String ofPrefix, Optional<ObjectKey> after, int limit) throws StorageException {
        // Checked before the two prefixes are joined, so that "../" cannot become part of a valid prefix.
        ObjectPage.checkRequest(ofPrefix, limit);
        ObjectPage page = store.list(prefix + ofPrefix, after.map(this::full), limit);
        List<ObjectInfo> objects = new ArrayList<>(page.objects().size());
        for (ObjectInfo info : page.objects()) {
            objects.add(shortened(info));
        }
        return new ObjectPage(objects, page.more());
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        List<ObjectKey> full = new ArrayList<>(keys.size());
        for (ObjectKey key : keys) {
            full.add(full(key));
        }
        store.delete(full);
    }

    @Override
    public Optional<UnfinishedUploads> unfinishedUploads() {
        return store.unfinishedUploads().map(PrefixUploads::new);
    }

    /** The unfinished uploads below the prefix. */
    private final class PrefixUploads implements UnfinishedUploads {
        private final UnfinishedUploads uploads;

        PrefixUploads(UnfinishedUploads uploads) {
            this.uploads = uploads;
        }

        @Override
        public List<Upload> begunBefore(String ofPrefix, Instant time, int limit) throws StorageException {
            ObjectPage.checkRequest(ofPrefix, limit);
            List<Upload> below = new ArrayList<>();
            for (Upload upload : uploads.begunBefore(prefix + ofPrefix, time, limit)) {
                below.add(new Upload(shortened(upload.key()), upload.id(), upload.begun()));
            }
            return below;
        }

        @Override
        public void abort(Upload upload) throws StorageException {
            uploads.abort(new Upload(full(upload.key()), upload.id(), upload.begun()));
        }
    }

    @Override
    public Optional<ObjectLock> lock() {
        return store.lock().map(PrefixLock::new);
    }

    /** The lock of the objects below the prefix. */
    private final class PrefixLock implements ObjectLock {
        private final ObjectLock lock;

        PrefixLock(ObjectLock lock) {
            this.lock = lock;
        }

        @Override
        public Duration period() {
            return lock.period();
        }

        @Override
        public Proof tryOn(ObjectKey scratch) throws StorageException {
            return lock.tryOn(full(scratch));
        }
    }

    @Override
    public Optional<Tampering> tampering() {
        return store.tampering().map(PrefixTampering::new);
    }

    /** The tampering with objects below the prefix. */
    private final class PrefixTampering implements Tampering {
        private final Tampering tampering;

        PrefixTampering(Tampering tampering) {
            this.tampering = tampering;
        }

        @Override
        public void create(ObjectKey key, byte[] content) throws StorageException {
            tampering.create(full(key), content);
        }

        @Override
        public void overwrite(ObjectKey key, byte[] content) throws StorageException {
            tampering.overwrite(full(key), content);
        }

        @Override
        public OptionalInt copies(ObjectKey key) throws StorageException {
            return tampering.copies(full(key));
        }

        @Override
        public void destroy(ObjectKey key) throws StorageException {
            tampering.destroy(full(key));
        }

        @Override
        public Optional<Lock> lock(ObjectKey key) throws StorageException {
            return tampering.lock(full(key));
        }

        @Override
        public Control control() {
            return tampering.control();
        }
    }

    /** With the prefix: two repositories may be in one bucket. A message about an object has its full key instead. */
    @Override
    public String description() {
        return store.description() + "/" + prefix.substring(0, prefix.length() - 1);
    }

    private ObjectKey full(ObjectKey key) {
        return new ObjectKey(prefix.concat(key.value()));
    }

    private ObjectKey shortened(ObjectKey full) {
        return new ObjectKey(full.value().substring(prefix.length()));
    }

    private ObjectInfo shortened(ObjectInfo info) {
        return new ObjectInfo(shortened(info.key()), info.sizeBytes(), info.stored());
    }
}
