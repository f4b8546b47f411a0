// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.age.AgeChunks;
import org.tidemark.catalog.age.AgeFormatException;
import org.tidemark.catalog.age.AgeHeader;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.age.FileKey;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;

/** What the age file of one object holds, whole or by range. Loaded only where something is encrypted. Thread-safe. */
public final class EncryptedContent {
    private final ObjectKey key;
    private final AgeChunks chunks;

    private EncryptedContent(ObjectKey key, AgeChunks chunks) {
        this.key = key;
        this.chunks = chunks;
    }

    /**
     * Opens an age file.
     *
     * @param from stands at its first byte; at most the bytes before its first chunk are read
     * @param begin where {@code from} stands, as {@link #stored} counts
     * @param end where the age file ends, likewise
     * @throws UserFacingException with NO_KEY if none of the keys opens it
     * @throws DamagedObjectException if it is not an age file, or if a key that should open it does not
     */
    public static EncryptedContent open(
            InputStream from, ObjectKey key, Encryption encryption, PrivateKeys keys, long begin, long end)
            throws IOException {
        List<AgeIdentity> identities = keys.fetch(key, encryption);
        try {
            AgeHeader header = AgeHeader.read(from);
            Optional<FileKey> fileKey = header.unwrap(identities);
            if (fileKey.isEmpty()) {
                throw noneFits(key, encryption, keys, identities);
            }
            return new EncryptedContent(key, AgeChunks.of(from, fileKey.get(), begin + header.sizeBytes(), end));
        } catch (AgeFormatException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static UserFacingException noneFits(
            ObjectKey key, Encryption encryption, PrivateKeys keys, List<AgeIdentity> identities)
            throws DamagedObjectException {
        List<String> tried = identities.stream()
                .map(identity -> identity.recipient().fingerprint())
                .sorted()
                .toList();
        for (String fingerprint : tried) {
            if (encryption.recipients().contains(fingerprint)) {
                throw new DamagedObjectException(key, "the private key of " + fingerprint + " does not open it");
            }
        }
        return new UserFacingException(
                ExitCode.NO_KEY,
                "none of the private keys opens '" + key + "': it is encrypted to " + encryption + ", and those from "
                        + keys.description() + " are of " + String.join(",", tried),
                "Name the file of a private key for one of the former with --decrypt-with FILE, or with decrypt-with"
                        + " in the configuration of the repository.");
    }

    /** In bytes. */
    public long sizeBytes() {
        return chunks.plainSize();
    }

    /** The bytes of the object that {@link #open} needs: whole chunks. */
    public ByteRange stored(long offset, long length) {
        return chunks.stored(offset, length);
    }

    /**
     * The content from {@code offset} on, for {@code length} bytes at least; every byte was authenticated. A change is
     * a {@link DamagedObjectException}. Closing the stream closes the other one.
     *
     * @param stored begins with the first byte of {@link #stored}
     */
    public InputStream open(InputStream stored, long offset, long length) {
        return new Named(stored, offset, length);
    }

    private final class Named extends BlockInputStream.Filter {
        Named(InputStream stored, long offset, long length) {
            super(chunks.open(stored, offset, length));
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            try {
                return super.read(buffer, offset, length);
            } catch (AgeFormatException e) {
                throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
            }
        }
    }
}
