// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;

/**
 * The private keys that a reader has. They are fetched once, when the first encrypted object is met. There need not be
 * any. Thread-safe.
 */
public final class PrivateKeys {
    /** No keys: enough for writing, and for reading what is not encrypted. */
    public static final PrivateKeys NONE = new PrivateKeys("", null);

    /** Where keys come from. */
    @FunctionalInterface
    public interface Source {
        /**
         * All of them.
         *
         * @throws UserFacingException with NO_KEY if they cannot be had
         */
        List<AgeIdentity> fetch();
    }

    private final String description;
    private final @Nullable Source source;
    private @Nullable List<AgeIdentity> fetched;

    private PrivateKeys(String description, @Nullable Source source) {
        this.description = description;
        this.source = source;
    }

    /**
     * Keys that are fetched when they are needed.
     *
     * @param description of the source, to follow "from" in a message, such as {@code '/etc/tidemark/age.key'}
     */
    public static PrivateKeys from(String description, Source source) {
        return new PrivateKeys(description, source);
    }

    /** Whether there is anywhere to fetch keys from. */
    public boolean areConfigured() {
        return source != null;
    }

    String description() {
        return description;
    }

    /**
     * All keys.
     *
     * @param key of the object that is to be opened, for the message
     * @throws UserFacingException with NO_KEY if no private key is configured, or the keys cannot be read
     */
    synchronized List<AgeIdentity> fetch(ObjectKey key, Encryption encryption) {
        List<AgeIdentity> known = fetched;
        if (known != null) {
            return known;
        }
        if (source == null) {
            throw new UserFacingException(
                    ExitCode.NO_KEY,
                    "'" + key + "' is encrypted to " + encryption + ", and no private key is configured here",
                    "Name the file of a private key for one of these with --decrypt-with FILE, or with decrypt-with"
                            + " in the configuration of the repository.");
        }
        known = List.copyOf(source.fetch());
        fetched = known;
        return known;
    }
}
