// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.UnfinishedUploads;

/** The temporary files of killed receivers: {@code .name.XXXXXX}, in the directory of the final name. Thread-safe. */
final class RsyncUnfinishedUploads implements UnfinishedUploads {
    private static final Pattern TEMPORARY = Pattern.compile("(.*/)?\\.([^/]+)\\.[A-Za-z0-9]{6}");

    private final RsyncListing listing;
    private final RsyncDeletion deletion;

    RsyncUnfinishedUploads(RsyncListing listing, RsyncDeletion deletion) {
        this.listing = listing;
        this.deletion = deletion;
    }

    @Override
    public List<Upload> begunBefore(String prefix, Instant time, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        List<Upload> found = new ArrayList<>();
        String directory = prefix.substring(0, prefix.lastIndexOf('/') + 1);
        List<String> options =
                List.of("--recursive", "--exclude=.*/", "--include=*/", "--include=.*.??????", "--exclude=*");
        listing.files(Operation.LIST, directory, options, RsyncProgram.NO_INPUT, directory, file -> {
            upload(file)
                    .filter(upload -> upload.key().value().startsWith(prefix)
                            && upload.begun().isBefore(time))
                    .ifPresent(found::add);
            return found.size() < limit;
        });
        return found;
    }

    /** The start of the upload is unknown; the time of the last write, which is later, stands for it. */
    private static Optional<Upload> upload(ListedFile file) {
        Matcher matcher = TEMPORARY.matcher(file.path());
        if (!file.isFile() || !matcher.matches()) {
            return Optional.empty();
        }
        String key = (matcher.group(1) == null ? "" : matcher.group(1)) + matcher.group(2);
        return ObjectKey.isKey(key)
                ? Optional.of(new Upload(new ObjectKey(key), file.path(), file.modified()))
                : Optional.empty();
    }

    @Override
    public void abort(Upload upload) throws StorageException {
        if (!TEMPORARY.matcher(upload.id()).matches()) {
            throw new IllegalArgumentException("not a temporary file of rsync: '" + upload.id() + "'");
        }
        deletion.delete(List.of(upload.id()));
    }
}
