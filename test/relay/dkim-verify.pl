# Verifies messages with Mail::DKIM, which shares no code with ours. In: JSON lines {message: base64, records: {name: TXT}}.
# Out: a JSON line per message, [[domain, selector, result], ...] of its signatures from the top.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use Mail::DKIM::Verifier;
use Mail::DKIM::DNS;
use Net::DNS;

package LocalZone;
our $records = {};
sub new { return bless {}, shift }

sub send {
    my ( $self, $name, $type ) = @_;
    my $packet = Net::DNS::Packet->new( $name, $type, 'IN' );
    my $value = $records->{ lc $name };
    if ( defined $value ) {
        my @strings = $value =~ /.{1,255}/g;
        $packet->push( answer => Net::DNS::RR->new( name => $name, ttl => 60, type => 'TXT', txtdata => \@strings ) );
    } else {
        $packet->header->rcode('NXDOMAIN');
    }
    return $packet;
}

package main;
Mail::DKIM::DNS::resolver( LocalZone->new );
$| = 1;
while ( my $line = <STDIN> ) {
    my $case = decode_json($line);
    $LocalZone::records = $case->{records};
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT( decode_base64( $case->{message} ) );
    $verifier->CLOSE;
    my @found = map { [ $_->domain, $_->selector, $_->result_detail ] } $verifier->signatures;
    print encode_json( \@found ), "\n";
}
