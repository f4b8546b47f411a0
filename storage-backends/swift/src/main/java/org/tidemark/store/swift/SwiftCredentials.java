// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.util.Optional;
import org.tidemark.core.Secret;

/** The credentials of a login, and its address. Immutable; printed without secrets. */
sealed interface SwiftCredentials {
    /** The address of the login. */
    URI authUrl();

    /** The user for messages, without any secret. */
    String who();

    /** Version 1, of tempauth, swauth and gateways such as Ceph's. */
    record V1(URI authUrl, String user, Secret key) implements SwiftCredentials {
        @Override
        public String who() {
            return user;
        }
    }

    /**
     * Keystone, version 3.
     *
     * @param authUrl with the version, such as {@code https://cloud:5000/v3}
     * @param region required if the service catalog has several regions
     * @param face the interface of the endpoint: public, internal or admin
     */
    record V3(URI authUrl, Identity identity, Optional<String> region, String face) implements SwiftCredentials {
        @Override
        public String who() {
            return identity.who();
        }
    }

    /** The identity of a user for Keystone. Immutable. */
    sealed interface Identity {
        String who();
    }

    record Password(Name user, Name userDomain, Secret password, Name project, Name projectDomain) implements Identity {
        @Override
        public String who() {
            return user.value();
        }
    }

    /** An application credential, which includes the project. */
    record ApplicationCredential(String id, Secret secret) implements Identity {
        @Override
        public String who() {
            return "application credential " + id;
        }
    }

    /** A name or a unique id in Keystone. Immutable. */
    record Name(boolean isId, String value) {}
}
