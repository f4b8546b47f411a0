// SPDX-License-Identifier: Apache-2.0
/** The names of databases and relations, out of the data files of a cluster and without a server. */
package org.tidemark.postgres.names;
