// SPDX-License-Identifier: Apache-2.0
/** What init does: a first configuration, a pair of keys, and the registration of a cluster in its repositories. */
package org.tidemark.operations.setup;
