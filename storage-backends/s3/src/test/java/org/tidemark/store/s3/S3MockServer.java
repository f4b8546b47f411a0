// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import org.tidemark.testkit.S3Mock;
import org.tidemark.testkit.SharedServer;

/** {@link S3Mock}, as the stores of these tests see it. */
final class S3MockServer {
    private static final SharedServer<S3Server> SERVER = new SharedServer<>(S3MockServer::start);

    private S3MockServer() {}

    static S3Server get() {
        return SERVER.get();
    }

    private static S3Server start() {
        String secret = "not-looked-at-by-this-server";
        S3Mock mock = S3Mock.shared();
        return new S3Server(mock.port(), mock.tlsPort(), "anybody", S3Server.secretFile(secret), secret);
    }
}
